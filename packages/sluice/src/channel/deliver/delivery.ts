import { formatPosition } from "../../base/position.ts";
import { afterTurn } from "../../base/timers.ts";
import type { ChannelLog, LogEntry, TailListener } from "../../logs/log.ts";
import type { Piece } from "../../stream/body/piece.ts";
import type { Sink } from "../../stream/body/sink.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";
import { KeptEvent } from "../event/kept-event.ts";
import { selects } from "../event/selection.ts";
import type { Latest } from "../read/latest.ts";
import { eventsUpTo } from "../read/log-pages.ts";
import { lastOf, pieceOf, Reader } from "../read/reader.ts";
import { EventWindow, type WindowLimits } from "../read/window.ts";
import { type Cohort, Cohorts, NOTHING_TOLD, type Told } from "./cohort.ts";
import type { Cursor } from "./cursor.ts";
import { RunQueue } from "./run-queue.ts";

/** What a channel's delivery needs to know. */
export interface DeliverySettings {
  readonly channel: string;
  readonly window: WindowLimits;
  /** How long events are gathered for one flush, in ms; 0: to the end of the event-loop turn. */
  readonly flushInterval: number;
  readonly latest: Latest | undefined;
  /** The type of events that tell of a gap. */
  readonly gapEvent: string;
}

/** Less than any offset. */
const NOTHING_KEPT = -1;

/** One channel's way from log to streams: the window, and the live cohorts with their flush. */
export class Delivery implements TailListener {
  readonly hub: StreamHub;
  readonly log: ChannelLog;
  readonly channel: string;
  /** The life of the log that positions are in. */
  epoch: string;
  readonly cohorts: Cohorts = new Cohorts();
  readonly window: EventWindow;
  readonly latest: Latest | undefined;
  readonly gapEvent: string;
  readonly runQueue: RunQueue = new RunQueue();
  /** Cursors that are not live. */
  readonly lagging: Set<Cursor> = new Set();
  live = 0;
  /** Those who wait for more to come, once each. */
  readonly waiting: Set<() => void> = new Set();
  closed = false;
  /** Live cursors have been given everything up to here. */
  flushed: number;
  /** Whether cohorts are being written to: nobody may join or leave their lists meanwhile. */
  flushing = false;
  /** For those who are behind. */
  readonly reader: Reader;
  #position: Told = NOTHING_TOLD;
  readonly #settings: DeliverySettings;
  readonly #stopTail: () => void;
  #pendingBytes = 0;
  #scheduled = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(hub: StreamHub, log: ChannelLog, settings: DeliverySettings) {
    this.hub = hub;
    this.log = log;
    this.channel = settings.channel;
    this.epoch = log.epoch;
    this.latest = settings.latest;
    this.gapEvent = settings.gapEvent;
    this.#settings = settings;
    this.window = new EventWindow(settings.window, log.last);
    this.flushed = log.last;
    this.reader = new Reader(this);
    this.#stopTail = log.tail(this);
  }

  // The log's end

  appended(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const event = new KeptEvent(entry, this.epoch);
      this.window.push(event);
      this.latest?.add(event, (error) => this.report(error, "latest-by"));
      this.#pendingBytes += entry.data.length;
      // A burst is flushed in parts before it outgrows what a socket or the window can hold.
      const pending = this.window.last - this.flushed;
      if (this.#pendingBytes >= this.pieceLimit || pending * 2 >= this.#settings.window.events) this.flush();
    }
    this.window.trim(this.flushed);
    if (!this.#scheduled && this.flushed < this.window.last) {
      this.#scheduled = true;
      const { flushInterval } = this.#settings;
      if (flushInterval === 0) afterTurn(this.flush);
      else {
        this.#timer = setTimeout(this.flush, flushInterval);
        (this.#timer as { unref?(): void }).unref?.();
      }
    }
  }

  trimmed(first: number): void {
    if (first > this.flushed + 1) this.flush();
    if (first <= this.window.last + 1) return this.window.trimBefore(first);
    // Some were trimmed that this process never saw. Everybody falls behind, and finds that what comes next is gone.
    const cursors = this.#cursors();
    for (const cursor of cursors) cursor.stepBack();
    this.#goOnAfter(first - 1);
    for (const cursor of cursors) cursor.goOn();
    this.#tellAdvanced();
  }

  reset(): void {
    const kept = this.log.holds(this.epoch) ?? NOTHING_KEPT;
    // What was read may have gone further than what is known, and be lost.
    this.reader.reset();
    if (kept >= this.window.last) {
      // Nothing that is known here was lost: places and IDs stay what they are.
      this.epoch = this.log.epoch;
      return this.#tellAdvanced();
    }
    const cursors = this.#cursors();
    const held = cursors.map((cursor) => ({ cursor, lastEventId: cursor.lastEventId, reached: cursor.reached }));
    for (const cursor of cursors) cursor.stepBack();
    for (const cohort of this.cohorts.all()) cohort.told = NOTHING_TOLD;
    this.epoch = this.log.epoch;
    this.#goOnAfter(this.log.last);
    for (const { cursor, lastEventId, reached } of held) cursor.logReset(reached <= kept ? undefined : lastEventId);
    this.#tellAdvanced();
  }

  #cursors(): Cursor[] {
    const cursors = [...this.lagging];
    for (const { live } of this.cohorts.all())
      for (const cursor of live) if (cursor !== undefined) cursors.push(cursor);
    return cursors;
  }

  /** What came up to here was not told, or is not what was told: it is in the log, or nowhere. */
  #goOnAfter(last: number): void {
    this.window.reset(last);
    this.flushed = last;
    this.#pendingBytes = 0;
    this.reader.reset();
    void this.loadLatest();
  }

  /** Finds the newest event of each key among those that the log keeps. What comes meanwhile is added as it comes. */
  loadLatest(): Promise<void> | undefined {
    if (this.latest === undefined) return undefined;
    return this.latest.load(eventsUpTo(this.log, this.window.last), (error) => this.report(error, "latest-by"));
  }

  // Live: one flush for all

  readonly flush = (): void => {
    this.#scheduled = false;
    clearTimeout(this.#timer);
    if (this.flushing || this.flushed === this.window.last) return;
    this.flushing = true;
    this.hub.renewClock();
    try {
      while (this.flushed < this.window.last) this.#flushSome();
    } finally {
      this.flushing = false;
      this.#pendingBytes = 0;
      this.window.trim(this.flushed);
    }
    this.#tellAdvanced();
  };

  /** Writes the next events to all live cursors that select any of them: as many as one piece may hold. */
  #flushSome(): void {
    const batch: KeptEvent[] = [];
    let bytes = 0;
    let offset = this.flushed;
    while (offset < this.window.last && (batch.length === 0 || bytes < this.pieceLimit)) {
      const event = this.window.at(++offset)!;
      batch.push(event);
      bytes += event.entry.data.length;
    }
    this.flushed = offset;
    if (this.live === 0) return;

    const forAll = batch.filter((event) => event.entry.topics === undefined);
    const concerned = new Set<Cohort>();
    for (const { entry } of batch) if (entry.topics !== undefined) this.cohorts.collect(entry.topics, concerned);
    const plain = forAll.length === 0 ? undefined : pieceOf(forAll);
    for (const cohort of plain === undefined ? concerned : this.cohorts.all()) {
      if (cohort.live.length === 0) continue;
      if (plain !== undefined && cohort.isPlain && !concerned.has(cohort)) {
        this.#writeAll(cohort, plain, lastOf(forAll));
        continue;
      }
      const selected = batch.filter((event) => selects(cohort.selection, event, this.reportFilter));
      if (selected.length > 0) this.#writeAll(cohort, pieceOf(selected), lastOf(selected));
    }
  }

  #writeAll(cohort: Cohort, piece: Piece, told: Told): void {
    const { live, sinks } = cohort;
    const { hub } = this;
    cohort.told = told;
    cohort.events += piece.events;
    cohort.writtenAt = hub.now;
    hub.countDelivered(piece.events * live.length);
    // Past the streams: what they would count is counted above, once for all. See `npm run bench -- fanout`.
    for (let i = sinks.length - 1; i >= 0; i--) {
      if (live[i] !== undefined && !sinks[i]!.write(piece)) live[i]?.fallBehind();
    }
    // Those who left during the loop left a hole.
    for (let i = live.length - 1; i >= 0; i--) if (live[i] === undefined) this.#fillHole(cohort, i);
  }

  join(cursor: Cursor): void {
    cursor.place = cursor.cohort.live.push(cursor) - 1;
    cursor.cohort.sinks.push(cursor.target.sink);
    this.caughtUp(cursor);
    this.live++;
  }

  /** A cursor is no longer behind, or no longer there. */
  caughtUp(cursor: Cursor): void {
    this.lagging.delete(cursor);
    // What was read for those who were behind need not be kept for nobody.
    if (this.lagging.size === 0) this.reader.forget();
  }

  leave(cursor: Cursor): void {
    const { cohort, place } = cursor;
    cohort.live[place] = undefined;
    if (!this.flushing) this.#fillHole(cohort, place);
    cursor.place = -1;
    this.live--;
  }

  #fillHole({ live, sinks }: Cohort, place: number): void {
    const last = live.pop();
    const sink = sinks.pop();
    if (place === live.length || last === undefined) return;
    live[place] = last;
    sinks[place] = sink as Sink;
    last.place = place;
  }

  #tellAdvanced(): void {
    for (const wake of [...this.waiting]) wake();
  }

  /** An offset with its event ID: the same object for all who are there, since thousands wait where a quiet channel is. */
  position(offset: number): Told {
    const id = formatPosition({ epoch: this.epoch, offset });
    if (this.#position.id !== id) this.#position = { offset, id };
    return this.#position;
  }

  report(error: unknown, stage: string): void {
    this.hub.report(error, { stage, channel: this.channel });
  }

  readonly reportFilter = (error: unknown): void => this.report(error, "filter");

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.#timer);
    this.#stopTail();
    this.#tellAdvanced();
    await this.log.close();
  }

  /** What is written at once: with what is waiting already, a socket never holds more than one and a half times its mark. */
  get pieceLimit(): number {
    return this.hub.pieceLimit;
  }
}
