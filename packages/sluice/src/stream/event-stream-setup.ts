import type { CloseReason } from "./close-reason.ts";
import type { Subscriber } from "./connection.ts";
import type { EndListeners } from "./ending/notify-closed.ts";
import type { Exchange } from "./opening/exchange.ts";
import type { StreamContext } from "./source/stream-context.ts";

/** Setup of an event stream. */
export interface EventStreamSetup extends EndListeners {
  readonly subscriber: Subscriber | undefined;
  /** The request that the stream answers. */
  readonly exchange: Exchange;
  /** The context of its source. The stream aborts it at its end. */
  readonly context: StreamContext;
  /** The key under which it counts against `maxConnectionsPerKey`. */
  readonly key: string | undefined;
  /** Time of the request on the clock of `performance.now()`, in whole ms. */
  readonly beganAt: number;
  /** The reconnection time sent to the subscriber, before jitter, in ms. */
  readonly retry: number;
  /** Idle time after which it gets a heartbeat, in ms. */
  readonly heartbeat: number;
  /** Latest time of its end on the clock of `performance.now()`; `undefined`: no limit. */
  readonly deadline: number | undefined;
  readonly deadlineReason: CloseReason;
  /** When its credential expires on the wall clock, in whole ms since the owner's `startedAt`; `undefined`: never. */
  readonly expiry: number | undefined;
}
