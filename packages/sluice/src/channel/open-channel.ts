import { outside } from "../base/context/async-context.ts";
import { RequestMark } from "../base/context/request-mark.ts";
import { SluiceError } from "../base/errors/sluice-error.ts";
import { formatPosition } from "../base/position.ts";
import { afterTurn } from "../base/time/timers.ts";
import type { ChannelLog, NewEntry } from "../logs/log.ts";
import { announceReload, RECONNECT_MS } from "../stream/ending/end-streams.ts";
import type { SourceContext } from "../stream/feed.ts";
import type { Outages, StreamHub } from "../stream/stream-hub.ts";
import type { ChannelSettings } from "./channel-options.ts";
import type { ChannelStats } from "./channel-stats.ts";
import type { CohortKind } from "./deliver/cohort.ts";
import { countPresence } from "./deliver/count-presence.ts";
import { Cursor } from "./deliver/cursor.ts";
import { Delivery } from "./deliver/delivery.ts";
import { EVERYTHING } from "./event/selection.ts";
import { Follower } from "./follow/follower.ts";
import { type IterationOptions, SubscriptionIterator } from "./follow/subscription-iterator.ts";
import { Uses } from "./known/uses.ts";
import type { LocalPresence } from "./local-presence.ts";
import { askLog, logError } from "./log-failed.ts";
import { ChannelPublisher } from "./publish/channel-publisher.ts";
import { PublishedEvents } from "./publish/published-events.ts";
import type { History, HistoryQuery } from "./read/history.ts";
import type { LiveLog } from "./read/live/live-log.ts";
import { readHistory } from "./read/read-history.ts";
import type { SubscriptionSettings } from "./subscribe-options.ts";

/** Parts of an {@link OpenChannel}. */
export interface OpenChannelParts {
  readonly hub: StreamHub;
  readonly log: ChannelLog;
  readonly name: string;
  readonly settings: ChannelSettings;
  readonly isShared: boolean;
  readonly outages: Outages;
  /** The total to which the channel's events add. Default: that of the hub. */
  readonly total?: { published: number } | undefined;
  /** Called with the end of its closing if the channel closes itself: it was deleted, and nothing here uses it. */
  readonly onAbandoned?: ((closed: Promise<void>) => void) | undefined;
}

/** A channel whose log is open: it publishes, delivers and reads events. Loaded when the first channel is made. */
export class OpenChannel {
  readonly #name: string;
  readonly #log: ChannelLog;
  readonly #delivery: Delivery;
  readonly #isShared: boolean;
  readonly #onAbandoned: OpenChannelParts["onAbandoned"];
  #deletions = 0;
  readonly #request = new RequestMark();
  readonly #uses = new Uses();
  readonly #published: PublishedEvents;
  readonly #publisher: ChannelPublisher;

  constructor({ hub, log, name, settings, isShared, outages, total, onAbandoned }: OpenChannelParts) {
    this.#name = name;
    this.#log = log;
    this.#isShared = isShared;
    this.#onAbandoned = onAbandoned;
    this.#delivery = new Delivery({ hub, log, channel: name, settings, isNeeded: () => this.#isNeeded() });
    this.#published = new PublishedEvents(total ?? hub.counts);
    const target = { name, log, liveLog: this.#delivery.liveLog };
    this.#publisher = new ChannelPublisher({ target, retain: settings.retain, outages, published: this.#published });
    // The callers that waited for the channel use it in this turn.
    void this.#uses.during(new Promise<void>(afterTurn));
  }

  /** Publishes a checked entry: see {@link ChannelPublisher.publish}. */
  publish(entry: NewEntry): Promise<string> {
    this.#mustBeHere();
    return this.#uses.during(this.#publisher.publish(entry));
  }

  /** Publishes checked entries, all or none: see {@link ChannelPublisher.publishAll}. */
  publishAll(entries: readonly NewEntry[]): Promise<string[]> {
    this.#mustBeHere();
    return this.#uses.during(this.#publisher.publishAll(entries));
  }

  /** The live log, for combinations. */
  get liveLog(): LiveLog {
    return this.#delivery.liveLog;
  }

  /** Returns the feed of a subscriber's stream, or of its part of a combined stream. */
  feed(settings: SubscriptionSettings, context: SourceContext, kind?: CohortKind): Cursor {
    this.#mustBeHere();
    const { failure } = this.#log;
    if (failure !== undefined) throw logError(this.#name, "receive events", failure);
    return new Cursor(this.#delivery, settings, context, kind);
  }

  /** Returns an iterator over a subscription, without HTTP. */
  iterate(settings: SubscriptionSettings, options: Omit<IterationOptions, "holdsProcess">): SubscriptionIterator {
    this.#mustBeHere();
    this.#uses.count++;
    return new SubscriptionIterator(this.#delivery, settings, { ...options, holdsProcess: this.#isShared });
  }

  /** Returns a follower of every event, from the oldest kept event or from the next one published. */
  follow(from: "now" | "start"): Follower {
    this.#mustBeHere();
    const follower = new Follower(this.#delivery, EVERYTHING);
    if (from === "start") follower.goTo(this.#delivery.liveLog.positionAt(this.#log.first - 1));
    return follower;
  }

  history(query: HistoryQuery): Promise<History> {
    this.#mustBeHere();
    const reading = outside(() => readHistory(this.#delivery.liveLog, query));
    return this.#uses.during(askLog(this.#name, "read events", reading));
  }

  /** Event ID of the newest position. Asking for it is a use of the channel. */
  get position(): string {
    this.#uses.count++;
    return formatPosition(this.#delivery.liveLog.positionAt(this.newest));
  }

  /** Operations that began, ever: publishes, reads, iterations, questions for the position. */
  get uses(): number {
    return this.#uses.count;
  }

  /** True if nothing in this process uses the channel: no stream, no iteration, no operation in flight. */
  get isUnused(): boolean {
    return this.#uses.pending + this.#deletions === 0 && this.#delivery.cohorts.size === 0;
  }

  /** Offset of the newest event that this process has received. */
  get newest(): number {
    return this.#delivery.liveLog.window.last;
  }

  get stats(): ChannelStats {
    const { live, lagging, cohorts, liveLog } = this.#delivery;
    const { window } = liveLog;
    return {
      subscribers: live + lagging.size,
      live,
      lagging: lagging.size,
      published: this.#published.count,
      retained: this.#log.last - this.#log.first + 1,
      window: { events: window.last - window.first + 1, bytes: window.bytes },
      cohorts: cohorts.size,
    };
  }

  get presence(): LocalPresence {
    return countPresence(this.#delivery);
  }

  /** Offsets of the oldest and the newest entry that the log keeps. `first` is `last + 1` if it keeps none. */
  get retained(): { readonly first: number; readonly last: number } {
    const { first, last } = this.#log;
    return { first, last };
  }

  /** Resolves when this process has received every entry that any process appended before the call. */
  async sync(): Promise<void> {
    await this.#uses.during(outside(async () => this.#log.sync()));
  }

  /** Deletes the channel from the log, for all processes. */
  async delete(): Promise<void> {
    this.#mustBeHere();
    this.#uses.count++;
    this.#deletions++;
    try {
      const deleting = outside(async () => this.#log.delete());
      await askLog(this.#name, "delete the channel", deleting);
    } finally {
      this.#deletions--;
    }
    // Callers that opened the channel in the same turn may use it.
    afterTurn(() => void (this.#delivery.liveLog.closed || this.newest > 0 || this.#isNeeded()));
  }

  /** Closes the log, and ends the streams of the channel that are still open. */
  close(): Promise<void> {
    return this.#delivery.close();
  }

  /**
   * Ends the streams of the channel, and closes when no operation is in flight. The subscribers reconnect. `changed`:
   * the options that have changed, if that is the reason. Never rejects.
   */
  async end(changed?: readonly string[]): Promise<void> {
    const { hub } = this.#delivery;
    if (changed !== undefined) announceReload(`the channel "${this.#name}"`, changed);
    this.#delivery.endStreams(RECONNECT_MS);
    await this.#uses.settled();
    await this.close().catch((error) => hub.report(error, { stage: "log", channel: this.#name }));
  }

  /** The channel was deleted. Closes unless something uses it: then the log needs no next life. */
  #isNeeded(): boolean {
    if (this.#uses.pending > 0 || this.#delivery.cohorts.size > 0) return true;
    const report = (error: unknown) => this.#delivery.report(error, "log");
    this.#onAbandoned?.(this.close().catch(report));
    return false;
  }

  /**
   * Throws `WRONG_REQUEST` if requests of a Cloudflare Worker share the channel outside of a Durable Object: no timer
   * and no write would reach the subscribers of the other request.
   */
  #mustBeHere(): void {
    if (this.#request.isHere) return;
    throw new SluiceError(
      "WRONG_REQUEST",
      `Another request opened channel "${this.#name}". In a Cloudflare Worker, requests share a channel only in a ` +
        "Durable Object: create the Sluice in its constructor.",
    );
  }
}
