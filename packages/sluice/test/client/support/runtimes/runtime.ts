import type * as client from "../../../../src/client/index.ts";
import type { fetchEventSource } from "../../../../src/fetch-event-source/index.ts";

/** The scope of a scenario: the exports of `sluice/client`, `fetchEventSource`, and the parts of `recorder.mjs`. */
export type Scope = typeof client & {
  fetchEventSource: typeof fetchEventSource;
  record(
    scope: Pick<typeof client, "EventSource">,
    url: string,
    setup: {
      options?: client.EventSourceOptions;
      types?: readonly string[];
      until: number | ((log: Log) => boolean);
      wait?: number;
    },
  ): Promise<Log>;
  next(source: client.EventSource, type: string): Promise<MessageEvent<string>>;
  sleep(ms: number): Promise<void>;
};

/** The log of a source: `["open", readyState]`, `["error", readyState]`, `[type, data, lastEventId]`. */
export type Log = (string | number)[][];

/**
 * Code of a test that runs in a runtime. It is sent there as text: it must use nothing but its arguments and globals.
 * Argument and result must be JSON.
 */
export type Scenario<Argument, Result> = (scope: Scope, argument: Argument) => Promise<Result>;

/** A runtime in which scenarios run. */
export interface Runtime extends AsyncDisposable {
  run<Argument, Result>(scenario: Scenario<Argument, Result>, argument: Argument): Promise<Result>;
  /** Stops the process, or lets it continue. Only of processes. */
  stop?(isStopped: boolean): void;
}

/** A way to start a runtime. */
export interface RuntimeKind {
  readonly name: string;
  /** True if it is a browser: a page of another origin than the server. */
  readonly isBrowser: boolean;
  /** True if it reads an answer into its own memory while the program does not read: no backpressure. */
  readonly readsAhead?: boolean;
  start(): Promise<Runtime>;
}
