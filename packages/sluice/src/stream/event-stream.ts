import type { Piece } from "./body/piece.ts";
import type { Sink, SinkOwner } from "./body/sink.ts";
import type { CloseReason } from "./close-reason.ts";
import type { Feed, FeedState } from "./feed.ts";
import { type EndListeners, notifyClosed } from "./notify-closed.ts";
import type { Exchange } from "./opening/exchange.ts";
import type { StreamHub } from "./stream-hub.ts";

/** Who a stream belongs to, as its server says: for `connections()` and `disconnect()`. */
export interface Subscriber {
  /** The subscriber's own name. */
  readonly id?: string;
  /** The user it acts for. */
  readonly user?: string;
  readonly [label: string]: unknown;
}

/** What an event stream is opened with. */
export interface EventStreamSetup extends EndListeners {
  readonly subscriber: Subscriber | undefined;
  /** The request that it answers. */
  readonly exchange: Exchange;
  /** The key under which it counts against `maxConnectionsPerKey`. */
  readonly key: string | undefined;
  /** Reconnection time that it was told, before jitter, in ms. */
  readonly retry: number;
  /** Idle time after which it gets a heartbeat, in ms. */
  readonly heartbeat: number;
  /** When it ends at the latest, if it must, on the hub's clock; and why. */
  readonly deadline: number | undefined;
  readonly deadlineReason: CloseReason;
}

/** One open event stream: between a feed, which fills it, and a sink, which sends it. */
export class EventStream implements SinkOwner, EventStreamSetup {
  readonly number: number;
  readonly feed: Feed;
  // Not the setup itself, which would be one object more for each stream (`npm run bench -- idle`). What they are is said there.
  readonly subscriber: Subscriber | undefined;
  readonly exchange: Exchange;
  readonly key: string | undefined;
  readonly retry: number;
  readonly heartbeat: number;
  readonly deadline: number | undefined;
  readonly deadlineReason: CloseReason;
  readonly onClose: EndListeners["onClose"];
  readonly resolve: EndListeners["resolve"];
  readonly openedAt: number = Date.now();
  /** Set when the transport has opened the body, before the feed starts. */
  sink!: Sink;
  /** Why it ended; `undefined` while it is open. */
  reason: CloseReason | undefined;
  /** What the feed told of itself before it was stopped. */
  lastState: FeedState | undefined;
  /** Whether the transport is done with it. */
  over = false;
  /** Whether the sink takes more. A feed that finds it `false` waits for `drained`. */
  writable = true;
  /** Events written, but for those that the feed counts. */
  ownEvents = 0;
  /** For the watch on stalled readers: the sink's progress, and since when it has not changed. */
  progress = 0;
  progressAt: number;
  /** Set by the sweep shortly before the deadline. */
  deadlineTimer: ReturnType<typeof setTimeout> | undefined;
  /** Lets go of what was set up for the life of the stream. */
  onEnd: (() => void) | undefined;
  readonly #hub: StreamHub;
  #writtenAt: number;

  constructor(hub: StreamHub, number: number, feed: Feed, setup: EventStreamSetup) {
    this.#hub = hub;
    this.number = number;
    this.feed = feed;
    this.subscriber = setup.subscriber;
    this.exchange = setup.exchange;
    this.key = setup.key;
    this.retry = setup.retry;
    this.heartbeat = setup.heartbeat;
    this.deadline = setup.deadline;
    this.deadlineReason = setup.deadlineReason;
    this.onClose = setup.onClose;
    this.resolve = setup.resolve;
    this.#writtenAt = hub.now;
    this.progressAt = hub.now;
  }

  /** Unique among all streams of all processes. */
  get id(): string {
    return `${this.#hub.name}-${this.number}`;
  }

  /** Events written. */
  get events(): number {
    return this.ownEvents + (this.feed.shared?.events ?? 0);
  }

  /** When something was last written, on the hub's clock. */
  get writtenAt(): number {
    return Math.max(this.#writtenAt, this.feed.shared?.writtenAt ?? 0);
  }

  /** Writes a piece and says whether to go on. */
  write(piece: Piece): boolean {
    if (this.reason !== undefined) return false;
    this.ownEvents += piece.events;
    this.#hub.delivered += piece.events;
    this.#writtenAt = this.#hub.now;
    return (this.writable = this.sink.write(piece));
  }

  /** Ends the stream; the first reason given stands. `last` is written before the end. */
  close(reason: CloseReason, last?: Piece): void {
    if (this.reason !== undefined) return;
    // Nobody reads what is written to one that is gone or stalled.
    if (reason !== "client" && reason !== "stalled") this.feed.flush?.();
    if (last !== undefined) this.write(last);
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.writable = false;
    clearTimeout(this.deadlineTimer);
    this.onEnd?.();
    this.#hub.closed(this);
    this.lastState = this.feed.describe();
    this.feed.stop(reason);
    this.#endSink(reason);
    notifyClosed(this.#hub, this, reason, this);
  }

  drained(): void {
    if (this.reason !== undefined) return;
    this.writable = true;
    this.feed.drained();
  }

  failed(error: unknown): void {
    this.#hub.report(error, { stage: "transport", stream: this.id });
    this.close("error");
  }

  gone(): void {
    this.over = true;
    this.#hub.gone(this);
    this.close("client");
  }

  #endSink(reason: CloseReason): void {
    try {
      if (reason === "stalled") this.sink.destroy();
      else if (reason !== "client") this.sink.end();
    } catch (error) {
      this.failed(error);
      this.sink.destroy();
    }
  }
}
