/** A request that gets no stream, as `onRefuse` sees it. */
export interface Refusal {
  /** The status of the answer, from 400 to 599. */
  readonly status: number;
  /**
   * The reason: `METHOD_NOT_ALLOWED`, `DRAINING`, `TOO_MANY_STREAMS`, `TOO_MANY_STREAMS_OF_KEY` or `NOT_OPENED`; for an
   * error of the source, its own `code`, such as `UNKNOWN_JOB`, or `SOURCE_FAILED` if it has none.
   */
  readonly code: string;
  /** The headers of the answer, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The body of a refusal, from the application. */
export interface RefusalBody {
  readonly body: string;
  /** Value of the header `content-type`. */
  readonly contentType: string;
}

/** Renders a refusal. `undefined`: Sluice answers with its own text. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement renders nothing
export type OnRefuse = (refusal: Refusal, request: never) => RefusalBody | undefined | void;

/** The failures before the head that the application handles: see the option `throws`. */
export type Throws = "none" | "errors" | "all";

/** The refusals that a native `EventSource` receives as an event stream: see the option `refuseAsStream`. */
export type RefuseAsStream = "draining" | "limits" | false;
