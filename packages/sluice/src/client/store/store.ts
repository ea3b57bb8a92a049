import type { AnyEvents, EventMap, StreamEvent, StreamGap } from "../stream/deliver/stream-event.ts";
import type { StreamState } from "../stream/stream-options.ts";

/** A value that changes. Every framework can read it: `useSyncExternalStore` of React takes both functions. */
export interface Store<Value> {
  /** Calls a listener after each change, without arguments. Returns a function that removes the listener. */
  subscribe(listener: () => void): () => void;
  /** Returns the present value: the same object until it changes. */
  getSnapshot(): Value;
}

/** A shared stream at one moment. */
export interface StreamSnapshot<Events extends EventMap = AnyEvents> {
  /** `"connecting"` before the first subscriber, and on a server. */
  readonly state: StreamState;
  /** The newest event of any type. Several may arrive between two renderings: a projection receives all of them. */
  readonly lastEvent?: StreamEvent<Events> | undefined;
  /** The newest gap: events that this stream missed and can no longer receive. Another gap is another object. */
  readonly gap?: StreamGap | undefined;
  /** Why the stream failed for good: an `EventStreamError`. `undefined` while it goes on. */
  readonly error?: unknown;
}
