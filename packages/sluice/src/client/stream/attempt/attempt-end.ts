import { SluiceError } from "../../../base/errors/sluice-error.ts";

/** Why an attempt ended: the typed reason. `type` names it. */
export type AttemptEnd =
  /** The server ended the stream. */
  | { readonly type: "ended" }
  /** The request failed, or the connection was cut. Browsers do not say why. Or `url`, `headers` or `body` threw. */
  | { readonly type: "network"; readonly error: unknown }
  /** Nothing arrived for `ms` milliseconds: no head (`connectTimeout`), or no byte of the stream. */
  | { readonly type: "silent"; readonly ms: number }
  /** The server refused the request. `body` is the start of its answer, at most 16 KiB. */
  | {
      readonly type: "status";
      readonly status: number;
      readonly body: string;
      /** The time that `Retry-After` asks for, in ms. Scripts see this header across origins only if it is exposed. */
      readonly retryAfter: number | undefined;
    }
  /** The answer is 200, but no event stream: a page of the application, or of a proxy. */
  | { readonly type: "wrong-type"; readonly contentType: string | null; readonly body: string }
  /** An event exceeds `maxEventBytes`. It would do so again after a retry. */
  | { readonly type: "too-large"; readonly error: unknown }
  /** The server answered 204: nothing is left for this client. */
  | { readonly type: "no-content" }
  /** An event that `until` names was handed over. */
  | { readonly type: "completed" }
  /** Another attempt replaced it at once: after `reconnect()`, or the network, the machine or the page came back. */
  | { readonly type: "superseded"; readonly by: Superseder }
  /** The program closed the stream: by `close()`, by leaving its last iteration, or by the signal. */
  | { readonly type: "closed"; readonly reason?: unknown };

/**
 * The cause of another attempt, or of a pause (`pagehide`, `hidden`). `held-back`: a proxy holds the response back, and
 * short streams follow; or the client tries whether that is still so.
 */
export type Superseder = "reconnect" | "online" | "wake" | "pagehide" | "hidden" | "held-back";

/** The error of a stream that failed for good. Iterations throw it. */
export class EventStreamError extends SluiceError {
  override readonly name: string = "EventStreamError";
  /** The end of the last attempt. */
  declare readonly end: AttemptEnd;
  /** Status of the answer that refused the request; else `undefined`. */
  declare readonly status: number | undefined;
  /** The start of the body of the answer; `undefined` if the last attempt received none. */
  declare readonly body: string | undefined;

  /** @internal */
  constructor(end: AttemptEnd) {
    const { type, status, body, error } = end as { type: string; status?: number; body?: string; error?: unknown };
    super("STREAM_FAILED", `The event stream has failed: ${type} ${status ?? error ?? ""}`, { cause: error });
    Object.assign(this, { end, status, body });
  }
}

/** Returns the error of a stream that stopped for this reason; `undefined` if it is no failure. */
export function failureOf(end: AttemptEnd): EventStreamError | undefined {
  return /^(ended|no-content|completed|closed)$/.test(end.type) ? undefined : new EventStreamError(end);
}
