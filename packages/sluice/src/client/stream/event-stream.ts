import type { AsyncClosable } from "../../base/async-closable.ts";
import type { AttemptEnd, EventStreamError } from "./attempt/attempt-end.ts";
import type { Delivery } from "./deliver/delivery.ts";
import type { AnyEvents, EventMap, StreamEvent, StreamEventFields, StreamGap } from "./deliver/stream-event.ts";
import type { Sharing, StreamState } from "./stream-options.ts";

/**
 * An open event stream. It reconnects until it is closed, complete or refused, and resumes from its position.
 *
 * Events wait until the stream has a listener or an iteration. Each event then reaches all of them. The next event
 * follows when the promises of listeners have settled and all iterations have asked for it; until then the client reads
 * no further, so a slow consumer slows down the server.
 */
export interface EventStream<Events extends EventMap = AnyEvents>
  extends AsyncIterable<StreamEvent<Events>>,
    AsyncClosable {
  /** State of the stream. */
  readonly state: StreamState;
  /** Shows whether this tab holds the connection of all tabs: see the option `shareAcrossTabs`. */
  readonly sharing: Sharing;
  /** The position: the ID of the newest event that all consumers are done with. `""`: none. */
  readonly lastEventId: string;
  /** The end of the newest attempt; `undefined` during the first. */
  readonly lastEnd: AttemptEnd | undefined;
  /** Resolves to the reason for which the stream has closed. Never rejects. */
  readonly closed: Promise<AttemptEnd>;
  /**
   * Calls a listener with each event of a type. Returns a function that removes it. If the listener returns a promise,
   * the next event follows when the promise has settled. If it throws, `onError` receives the error.
   *
   * @throws {SluiceError} `INVALID_OPTION`
   */
  on<Type extends keyof Events & string>(
    type: Type,
    listener: (data: Events[Type], event: StreamEventFields<Type, Events[Type]>) => unknown,
  ): () => void;
  on(type: "gap", listener: (gap: StreamGap, event: StreamEventFields<"gap", StreamGap>) => unknown): () => void;
  /** @internal The error of a stream that has failed for good. */
  readonly error: EventStreamError | undefined;
  /** @internal Adds a consumer. Without a type it receives every event. */
  readonly add: Delivery["add"];
  /**
   * Calls a listener with each new state, and when `sharing` has changed. Returns a function that removes it.
   *
   * @throws {SluiceError} `INVALID_OPTION`
   */
  onStateChange(listener: (state: StreamState) => unknown): () => void;
  /**
   * Replaces the connection by a new one at once, and keeps the position. Calls `url`, `headers` and `body` anew. Does
   * nothing if the stream is closed.
   */
  reconnect(): void;
  /** Closes the stream: no listener or iteration receives another event. Resolves when the position is kept. */
  close(): Promise<void>;
  /**
   * Iterates over the events from now on. Ends when the stream is closed or complete. Throws an
   * {@link EventStreamError} if the stream has failed for good. Leaving the last iteration closes the stream, unless
   * the stream has a listener.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<StreamEvent<Events>, undefined>;
}
