import { quietTimeout, type Timer } from "../base/time/timers.ts";
import { toBytes } from "../protocol/bytes.ts";
import { Piece } from "./body/piece.ts";
import type { Sink, SinkOwner } from "./body/sink.ts";
import { channelsOf } from "./channels-of.ts";
import type { CloseReason } from "./close-reason.ts";
import type { Connection, Subscriber } from "./connection.ts";
import { type EndListeners, notifyClosed } from "./ending/notify-closed.ts";
import type { EventStreamSetup } from "./event-stream-setup.ts";
import type { Feed, FeedState, FeedTarget } from "./feed.ts";
import type { Exchange } from "./opening/exchange.ts";
import type { Report } from "./report.ts";
import type { StreamContext } from "./source/stream-context.ts";

/** The owner of event streams: it counts their events, and keeps each stream until its transport has finished. */
export interface StreamOwner {
  /** Prefix of stream IDs, unique among processes. */
  readonly name: string;
  /** A monotonic clock in whole ms, as of the last sweep or flush. */
  readonly now: number;
  /** When it had its first stream, in ms since 1970. Streams keep times of the wall clock relative to it. */
  readonly startedAt: number;
  readonly report: Report;
  /** True once new streams get 503: the server is about to stop. */
  readonly refusing: boolean;
  readonly counts: { delivered: number };
  /** Called when the stream has ended. Its transport may still have bytes to send. */
  ended(stream: EventStream): void;
  /** Called when the transport has finished with the stream. */
  gone(stream: EventStream): void;
}

/**
 * One open event stream, between a feed, which fills it, and a sink, which sends it. It is the one owner of its end.
 */
export class EventStream implements SinkOwner, FeedTarget, EventStreamSetup {
  readonly number: number;
  readonly feed: Feed;
  // Copied: keeping the setup would keep one more object for each stream (`npm run bench -- idle`).
  readonly subscriber: Subscriber | undefined;
  readonly exchange: Exchange;
  readonly context: StreamContext;
  readonly key: string | undefined;
  readonly beganAt: number;
  readonly retry: number;
  readonly heartbeat: number;
  readonly deadline: number | undefined;
  readonly deadlineReason: CloseReason;
  readonly expiry: number | undefined;
  readonly onClose: EndListeners["onClose"];
  readonly resolve: EndListeners["resolve"];
  /** In ms since the owner's `startedAt`: a small integer, where ms since 1970 would be an object. */
  readonly #openedAt: number;
  /** Set when the transport has opened the body, before the feed starts. */
  sink!: Sink;
  /** Called once, when the stream has ended. */
  onEnd: (() => void) | undefined;
  readonly #owner: StreamOwner;
  #reason: CloseReason | undefined;
  #isGone = false;
  #writable = true;
  /** Events written, except those that the feed counts. */
  #ownEvents = 0;
  #writtenAt: number;
  /** The description of the feed at the end of the stream. */
  #lastState: FeedState | undefined;
  /** The sink's progress, and the time since which it has not changed: for `isStalled`. */
  #progress = 0;
  #progressAt: number;
  #deadlineTimer: Timer | undefined;

  constructor(owner: StreamOwner, number: number, feed: Feed, setup: EventStreamSetup) {
    this.#owner = owner;
    this.number = number;
    this.feed = feed;
    this.subscriber = setup.subscriber;
    this.exchange = setup.exchange;
    this.context = setup.context;
    this.key = setup.key;
    this.beganAt = setup.beganAt;
    this.retry = setup.retry;
    this.heartbeat = setup.heartbeat;
    this.deadline = setup.deadline;
    this.deadlineReason = setup.deadlineReason;
    this.expiry = setup.expiry;
    this.onClose = setup.onClose;
    this.resolve = setup.resolve;
    this.#openedAt = Date.now() - owner.startedAt;
    this.#writtenAt = owner.now;
    this.#progressAt = owner.now;
  }

  /** Unique among all streams of all processes. */
  get id(): string {
    return `${this.#owner.name}-${this.number}`;
  }

  /** Reason of the stream's end; `undefined` while it is open. */
  get reason(): CloseReason | undefined {
    return this.#reason;
  }

  get ended(): boolean {
    return this.#reason !== undefined;
  }

  /** True if the transport has finished with the stream. */
  get isGone(): boolean {
    return this.#isGone;
  }

  get writable(): boolean {
    return this.#writable;
  }

  /** Names of the channels that feed the stream. */
  get channels(): readonly string[] {
    return channelsOf(this.feed.describe());
  }

  /** Time of the last write, on the owner's clock. */
  get writtenAt(): number {
    return Math.max(this.#writtenAt, this.feed.shared?.writtenAt ?? 0);
  }

  write(piece: Piece): boolean {
    if (this.#reason !== undefined) return false;
    this.#ownEvents += piece.events;
    this.#owner.counts.delivered += piece.events;
    this.#writtenAt = this.#owner.now;
    return (this.#writable = this.sink.write(piece));
  }

  block(): void {
    this.#writable = false;
  }

  countEvents(events: number): void {
    this.#ownEvents += events;
  }

  /** Writes a heartbeat. */
  beat(): void {
    this.write(this.feed.heartbeat());
  }

  /** Ends the stream; the first reason given stands. `retry`, a reconnection time in ms, is written before the end. */
  close(reason: CloseReason, retry?: number): void {
    if (this.#reason !== undefined) return;
    // After the client has left or stalled, nobody reads further bytes. After other code has ended the response, they
    // would be part of the next one.
    if (reason !== "client" && reason !== "stalled" && !this.#isGone) this.feed.flush?.();
    if (retry !== undefined) this.write(new Piece(toBytes(`retry: ${retry}\n\n`), 0));
    // Those writes may have ended the stream.
    if (this.ended) return;
    this.#reason = reason;
    this.#writable = false;
    this.#progressAt = this.#owner.now;
    clearTimeout(this.#deadlineTimer);
    this.onEnd?.();
    this.#owner.ended(this);
    this.#lastState = this.feed.describe();
    this.context.run(() => this.#release(reason));
  }

  /** Calls `check` in `ms`, unless the stream has ended by then. Does nothing if that timer runs already. */
  checkDeadlineIn(ms: number, check: () => void): void {
    this.#deadlineTimer ??= quietTimeout(() => {
      this.#deadlineTimer = undefined;
      check();
    }, ms);
  }

  /** Describes the stream as it is now, or as it was at its end. */
  describe(): Connection {
    const { id, subscriber, exchange, sink } = this;
    const feedState = this.#lastState ?? this.feed.describe();
    const { topics, state, lastEventId } = feedState;
    const channels = channelsOf(feedState);
    return {
      id,
      subscriber,
      channel: channels.length > 1 ? undefined : channels[0],
      channels,
      topics,
      state,
      lastEventId,
      openedAt: new Date(this.#owner.startedAt + this.#openedAt),
      remoteAddress: exchange.remoteAddress,
      events: this.#ownEvents + (this.feed.shared?.events ?? 0),
      bytes: sink.written,
    };
  }

  /**
   * Returns true if bytes have waited for `timeout` ms and the connection took none of them. The time before `since`
   * does not count. Called by each sweep.
   */
  isStalled(timeout: number, since: number): boolean {
    const { pending, progress } = this.sink;
    if (pending === 0 || progress !== this.#progress) {
      if (progress !== this.#progress) this.sink.moved?.();
      this.#progress = progress;
      this.#progressAt = this.#owner.now;
      return false;
    }
    return this.#owner.now - Math.max(this.#progressAt, since) >= timeout;
  }

  drained(): void {
    if (this.#reason !== undefined) return;
    this.#writable = true;
    this.feed.drained();
  }

  failed(error: unknown): void {
    this.context.run(() => this.#owner.report(error, { stage: "transport", stream: this.id }));
    this.close("error");
  }

  gone(reason: "client" | "disconnected" | "stalled" = "client"): void {
    this.#isGone = true;
    this.#owner.gone(this);
    this.close(reason);
  }

  #release(reason: CloseReason): void {
    // Before `stop`, which runs the `finally` of a generator: it may look at the signal.
    this.context.abort(reason);
    this.feed.stop();
    this.#endSink(reason);
    notifyClosed(this, reason, this.onClose && this.describe(), this.#owner.report);
  }

  #endSink(reason: CloseReason): void {
    try {
      if (reason === "stalled") this.sink.destroy();
      else if (reason !== "client" && !this.#isGone) this.sink.end(this.#owner.refusing);
    } catch (error) {
      this.failed(error);
      this.sink.destroy();
    }
  }
}
