import type { ChannelLog, LogEntry, TailListener } from "../logs/log.ts";
import { concatBytes } from "../protocol/bytes.ts";
import { afterTurn } from "../stream/after-turn.ts";
import { Piece } from "../stream/piece.ts";
import type { Sink } from "../stream/sink.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { type Cohort, Cohorts, NOTHING_TOLD, type Told } from "./cohort.ts";
import type { Cursor } from "./cursor.ts";
import { KeptEvent } from "./kept-event.ts";
import type { Latest } from "./latest.ts";
import { LogPages, type Page } from "./log-pages.ts";
import { RunQueue } from "./run-queue.ts";
import { selects } from "./selection.ts";
import { StepCache } from "./step-cache.ts";
import { EventWindow, type WindowLimits } from "./window.ts";

/** A stretch of the log as one cohort sees it: the events that it selects. */
export interface Stretch {
  readonly events: readonly KeptEvent[];
  /** Offset of the last event in the stretch, selected or not. */
  readonly through: number;
}

/** A stretch as bytes, ready for many sockets. */
export interface Step {
  /** Absent when nothing in the stretch is selected. */
  readonly piece: Piece | undefined;
  /** The last event in the piece. */
  readonly told: Told;
  readonly through: number;
}

/** What a channel's delivery needs to know. */
export interface DeliverySettings {
  readonly channel: string;
  readonly window: WindowLimits;
  /** How long events are gathered for one flush, in ms; 0: to the end of the event-loop turn. */
  readonly flushInterval: number;
  readonly latest: Latest | undefined;
}

/** Events looked at in one stretch, so that a cursor for which there is nothing does not keep the event loop. */
const STRETCH_EVENTS = 4_096;

/** One channel's way from log to streams: the window, the live cohorts and their flush, and what lagging cursors read. */
export class Delivery implements TailListener {
  readonly hub: StreamHub;
  readonly log: ChannelLog;
  readonly channel: string;
  /** The life of the log that positions are in. */
  epoch: string;
  readonly cohorts: Cohorts = new Cohorts();
  readonly window: EventWindow;
  readonly latest: Latest | undefined;
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
  readonly #pages: LogPages;
  readonly #steps: StepCache = new StepCache();
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
    this.#settings = settings;
    this.window = new EventWindow(settings.window, log.last);
    this.flushed = log.last;
    this.#pages = new LogPages(log);
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
      if (this.#pendingBytes >= this.#pieceLimit || pending * 2 >= this.#settings.window.events) this.flush();
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
    this.window.trimBefore(first);
  }

  reset(): void {
    const cursors = [...this.lagging];
    for (const cohort of this.cohorts.all())
      for (const cursor of cohort.live) if (cursor !== undefined) cursors.push(cursor);
    const lost = cursors.map((cursor) => cursor.lastEventId);
    for (const cohort of this.cohorts.all()) cohort.told = NOTHING_TOLD;
    this.epoch = this.log.epoch;
    this.window.reset(this.log.last);
    this.flushed = this.log.last;
    this.#pendingBytes = 0;
    this.#pages.reset();
    this.#steps.clear();
    this.latest?.clear();
    for (const [i, cursor] of cursors.entries()) cursor.logReset(lost[i] as string);
    this.#tellAdvanced();
  }

  // Live: one flush for all

  readonly flush = (): void => {
    this.#scheduled = false;
    clearTimeout(this.#timer);
    if (this.flushing || this.flushed === this.window.last) return;
    this.flushing = true;
    this.hub.now = performance.now();
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
    while (offset < this.window.last && (batch.length === 0 || bytes < this.#pieceLimit)) {
      const event = this.window.at(++offset);
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
    hub.delivered += piece.events * live.length;
    // Past the streams: what they would count is counted above, once for all. See `npm run bench -- fanout`.
    for (let i = sinks.length - 1; i >= 0; i--) {
      if (live[i] !== undefined && !sinks[i]!.write(piece)) live[i]?.fallBehind();
    }
    // Those who left during the loop left a hole.
    for (let i = live.length - 1; i >= 0; i--) if (live[i] === undefined) this.#fillHole(cohort, i);
  }

  join(cursor: Cursor): void {
    cursor.place = cursor.cohort.live.push(cursor) - 1;
    cursor.cohort.sinks.push(cursor.stream.sink);
    this.caughtUp(cursor);
    this.live++;
  }

  /** A cursor is no longer behind, or no longer there. */
  caughtUp(cursor: Cursor): void {
    this.lagging.delete(cursor);
    if (this.lagging.size > 0) return;
    // What was read for those who were behind need not be kept for nobody.
    this.#pages.clear();
    this.#steps.clear();
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

  // Lagging: a step at a time

  /** The next stretch after an offset for a cohort, ready to write; `"gone"` when the log no longer has it. */
  next(cohort: Cohort, after: number): Step | "gone" | Promise<Step | "gone"> {
    const cached = this.#steps.get(cohort, after);
    if (cached !== undefined) return cached;
    const found = this.eventsAfter(cohort, after);
    if (found instanceof Promise)
      return found.then((read) => (read === "gone" ? "gone" : this.#step(cohort, after, read)));
    return this.#step(cohort, after, found);
  }

  /** The same as events: from the window where it reaches back that far, else from the log. */
  eventsAfter(cohort: Cohort, after: number): Stretch | Promise<Stretch | "gone"> {
    const { window } = this;
    if (after + 1 >= window.first) return this.#scan(cohort, after, window.last, (offset) => window.at(offset));
    const scanPage = (page: Page | "gone") => {
      if (page === "gone" || page.events.length === 0) return "gone";
      const last = page.first + page.events.length - 1;
      return this.#scan(cohort, after, last, (offset) => page.events[offset - page.first] as KeptEvent);
    };
    const page = this.#pages.get(after);
    return page instanceof Promise ? page.then(scanPage) : (scanPage(page) as Stretch);
  }

  #scan(cohort: Cohort, after: number, last: number, at: (offset: number) => KeptEvent): Stretch {
    const events: KeptEvent[] = [];
    const limit = Math.min(last, this.flushed, after + STRETCH_EVENTS);
    let bytes = 0;
    let through = after;
    while (through < limit && bytes < this.#pieceLimit) {
      const event = at(++through);
      if (!selects(cohort.selection, event, this.reportFilter)) continue;
      events.push(event);
      bytes += event.frame.length;
    }
    return { events, through };
  }

  #step(cohort: Cohort, after: number, { events, through }: Stretch): Step {
    const step: Step =
      events.length === 0
        ? { piece: undefined, told: NOTHING_TOLD, through }
        : { piece: pieceOf(events), told: lastOf(events), through };
    this.#steps.set(cohort, after, step);
    return step;
  }

  #tellAdvanced(): void {
    for (const wake of [...this.waiting]) wake();
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
  get #pieceLimit(): number {
    return this.hub.settings.highWaterMark / 2;
  }
}

function pieceOf(events: readonly KeptEvent[]): Piece {
  const bytes = events.length === 1 ? events[0]!.frame : concatBytes(events.map((event) => event.frame));
  return new Piece(bytes, events.length);
}

function lastOf(events: readonly KeptEvent[]): Told {
  const { entry, id } = events[events.length - 1]!;
  return { offset: entry.offset, id };
}
