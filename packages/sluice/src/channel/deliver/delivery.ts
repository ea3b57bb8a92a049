import type { ChannelLog } from "../../logs/log.ts";
import { RECONNECT_MS } from "../../stream/ending/end-streams.ts";
import type { ErrorContext } from "../../stream/report.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";
import type { ChannelSettings } from "../channel-options.ts";
import type { ChannelEvent, KeptEvent } from "../event/kept-event.ts";
import { selects } from "../event/selection.ts";
import { ReadCache } from "../read/lagging/read-cache.ts";
import type { LossReason } from "../read/left-life.ts";
import { LiveLog } from "../read/live/live-log.ts";
import type { LiveLogListener } from "../read/live/live-log-options.ts";
import type { Cohort, Member } from "./cohort.ts";
import { Cohorts } from "./cohorts.ts";
import { RunQueue } from "./run-queue.ts";
import { SharedPieces } from "./shared-pieces.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

/** Options of a {@link Delivery}. */
export interface DeliveryOptions {
  readonly hub: StreamHub;
  readonly log: ChannelLog;
  /** Name of the channel. */
  readonly channel: string;
  readonly settings: Pick<
    ChannelSettings,
    "window" | "flushInterval" | "latestBy" | "latest" | "gapEvent" | "serializer"
  >;
  /** See {@link TailListener.isNeeded}. Default: true. */
  readonly isNeeded?: () => boolean;
}

/** Delivers a channel's events to its subscribers: one write per cohort and batch for all live members. */
export class Delivery implements LiveLogListener {
  readonly hub: StreamHub;
  readonly channel: string;
  readonly gapEvent: string;
  readonly liveLog: LiveLog;
  readonly cohorts: Cohorts = new Cohorts();
  /** Lets lagging subscribers with much to read take turns. */
  readonly runQueue: RunQueue = new RunQueue();
  /** Snapshots of `initial: "latest"`. */
  readonly snapshots: SnapshotCache;
  /** See {@link TailListener.isNeeded}. */
  readonly isNeeded: () => boolean;
  readonly #lagging = new Set<Member>();
  #live = 0;
  #suspended: readonly Member[] = [];

  constructor({ hub, log, channel, settings, isNeeded = () => true }: DeliveryOptions) {
    this.hub = hub;
    this.channel = channel;
    this.gapEvent = settings.gapEvent;
    this.isNeeded = isNeeded;
    const { window, flushInterval, latest, serializer } = settings;
    // A hot reload may replace the function by one with the same source text.
    const latestBy = settings.latestBy && ((event: ChannelEvent) => settings.latestBy?.(event));
    const onError = (error: unknown, context: ErrorContext) => hub.report(error, { ...context, channel });
    const batchBytes = hub.pieceLimit;
    const { reads = new ReadCache() } = hub;
    const options = { window, flushInterval, latestBy, latest, serializer, batchBytes, reads, listener: this, onError };
    this.liveLog = new LiveLog(log, options);
    this.snapshots = new SnapshotCache(this.liveLog);
  }

  /** Number of subscribers that have received every event. */
  get live(): number {
    return this.#live;
  }

  /** Subscribers that are still reading older events. */
  get lagging(): ReadonlySet<Member> {
    return this.#lagging;
  }

  deliver(events: readonly KeptEvent[]): void {
    if (this.#live === 0) return;
    this.hub.renewClock();
    const forAll = events.filter(({ entry, isSound }) => isSound && entry.topics === undefined);
    const concerned = new Set<Cohort>();
    for (const { entry, isSound } of events)
      if (isSound && entry.topics !== undefined) this.cohorts.collect(entry.topics, concerned);
    const pieces = new SharedPieces();
    for (const cohort of forAll.length === 0 ? concerned : this.cohorts.all()) {
      if (cohort.size === 0) continue;
      // Plain cohorts that none of the topics concern share one piece.
      const isShared = cohort.isPlain && !concerned.has(cohort);
      const selected = isShared ? forAll : this.#select(cohort, events);
      if (selected.length > 0) cohort.deliver(selected, pieces, this.hub);
    }
  }

  get readers(): number {
    return this.cohorts.members;
  }

  suspend(): void {
    this.#suspended = this.#members();
    for (const member of this.#suspended) member.stepBack();
    // The offset belongs to a life of the log that ends.
    for (const cohort of this.cohorts.all()) cohort.lastSent = undefined;
  }

  resume(kept: number | undefined, reason: LossReason): void {
    const suspended = this.#suspended;
    this.#suspended = [];
    for (const member of suspended) member.resume(kept, reason);
  }

  /** Adds a member that reads older events. */
  addLagging(member: Member): void {
    this.#lagging.add(member);
    this.#countsChanged();
    if (this.liveLog.flushing) this.liveLog.closeReaders.add(member);
  }

  /** Removes a member that has caught up or left. */
  removeLagging(member: Member): void {
    this.#lagging.delete(member);
    this.#countsChanged();
    this.liveLog.closeReaders.delete(member);
    // With no reader left, nobody will need the steps and pages that were kept.
    if (this.#lagging.size > 0) return;
    this.liveLog.reader.forget();
    this.snapshots.clear();
  }

  /** Makes a member live that has received every flushed event. Must not be called during a flush. */
  addLive(member: Member): void {
    member.cohort.add(member);
    this.#live++;
    this.removeLagging(member);
  }

  /** Removes a live member. */
  removeLive(member: Member): void {
    member.cohort.remove(member);
    this.#live--;
    this.#countsChanged();
  }

  report(error: unknown, stage: string): void {
    this.hub.report(error, { stage, channel: this.channel });
  }

  /** Ends all streams of the channel: their subscribers may find a process that receives events. */
  failed(error: Error): void {
    this.report(error, "log");
    this.endStreams();
  }

  /** Ends the streams of all subscribers. `retry`: their reconnection time, in ms. Default: the usual one. */
  endStreams(retry?: number): void {
    for (const { target } of this.#members()) target.close("drained", retry);
  }

  /** Closes the log, then ends the streams that are still open: another Sluice may combine the channel with its own. */
  close(): Promise<void> {
    const closed = this.liveLog.close();
    this.endStreams(RECONNECT_MS);
    return closed;
  }

  /** The number of subscribers may have changed. `addLive` calls it by `removeLagging`. */
  #countsChanged(): void {
    this.hub.changedChannels?.add(this.channel);
  }

  #members(): Member[] {
    return [...this.#lagging, ...[...this.cohorts.all()].flatMap((cohort) => cohort.live())];
  }

  #select({ selection }: Cohort, events: readonly KeptEvent[]): readonly KeptEvent[] {
    return events.filter((event) => selects(selection, event, this.liveLog.onFilterError));
  }
}
