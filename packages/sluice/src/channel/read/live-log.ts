import { outside } from "../../base/async-context.ts";
import { show } from "../../base/check-option.ts";
import { FailureReports } from "../../base/failure-reports.ts";
import { ignore } from "../../base/guard.ts";
import { isSluiceError } from "../../base/is-sluice-error.ts";
import type { Position } from "../../base/position.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import { afterTurn, quietTimeout, type Timer } from "../../base/timers.ts";
import { Turns } from "../../base/turns.ts";
import type { ChannelLog, LogEntry, TailListener } from "../../logs/log.ts";
import type { ErrorContext } from "../../stream/report.ts";
import type { SharedReads } from "../../stream/stream-hub.ts";
import { type ChannelEvent, KeptEvent } from "../event/kept-event.ts";
import type { Serializer } from "../event/serializer.ts";
import { CloseReaders } from "./close-readers.ts";
import { EventWindow, type WindowLimits } from "./event-window.ts";
import { Latest, type LatestLimits } from "./latest.ts";
import { eventsUpTo } from "./log-pages.ts";
import { type ReadableLog, Reader } from "./reader.ts";
import { mustStartBatch } from "./together.ts";

/** Receives the events of a live log. */
export interface LiveLogListener {
  /** Called once for each batch of a flush, in order. */
  deliver(events: readonly KeptEvent[]): void;
  /** Called before offsets jump: live subscribers must remember their own positions from here on. */
  suspend(): void;
  /**
   * Called after the jump. `kept`: offset up to which the positions before the jump still mean the same entries;
   * `undefined` if all of them do. `reason`: why the others do not.
   */
  resume(kept: number | undefined, reason: LossReason): void;
  /** Called if this process cannot receive events any more, although the log works for others. */
  failed(error: Error): void;
  /** See {@link TailListener.isNeeded}. */
  isNeeded(): boolean;
  /** Number of subscribers and followers. */
  readonly readers: number;
}

/** Why positions of a life do not hold any more. */
export type LossReason = "other-epoch" | "deleted";

/** Options of a {@link LiveLog}. */
export interface LiveLogOptions {
  readonly window: WindowLimits;
  /** Time for which events are gathered for one flush, in ms. 0: until the end of the event-loop turn. */
  readonly flushInterval: number;
  /** Maximum number of bytes of one batch, unless a single event has more. */
  readonly batchBytes: number;
  /** The channel option `latestBy`. */
  readonly latestBy: ((event: ChannelEvent) => string | undefined) | undefined;
  /** The channel option `latest`. */
  readonly latest: LatestLimits;
  /** The channel options `serialize` and `parse`. Default: JSON. */
  readonly serializer?: Serializer | undefined;
  /** Bounds what all channels keep of what they read. */
  readonly reads: SharedReads;
  readonly listener: LiveLogListener;
  readonly onError: (error: unknown, context: ErrorContext) => void;
}

/**
 * Part of the window's limits that holds while the process catches up, perhaps in many channels at once, and close
 * readers need the window. Any other reader reads from the log.
 */
const CATCH_UP_PART = 1 / 32;

/** Less than any offset. */
const NOTHING_KEPT = -1;

/**
 * A channel's log as this process sees it: the log itself, the window of its newest events, and the offset up to which
 * live subscribers have received them. A flush hands new events to the listener in batches.
 */
export class LiveLog implements TailListener, ReadableLog {
  readonly log: ChannelLog;
  /** Epoch of the life of the log that `window` and `flushed` belong to. */
  epoch: string;
  readonly window: EventWindow;
  readonly latest: Latest | undefined;
  /** Live subscribers have received every event up to this offset. */
  flushed: number;
  /** Every live subscriber has received every event up to here. Less than `flushed` while a batch is handed out. */
  settled: number;
  /** True while a flush hands out batches. No subscriber may become live meanwhile. */
  flushing = false;
  closed = false;
  /** The readers for which the log waits while it catches up. */
  readonly closeReaders: CloseReaders = new CloseReaders();
  /** Reads older events for subscribers that are not live. */
  readonly reader: Reader;
  /** Lets the histories that are being read take turns. */
  readonly historyTurns: Turns = new Turns();
  readonly batchBytes: number;
  readonly onFilterError: (error: unknown, event: KeptEvent) => void;
  readonly serializer: Serializer | undefined;
  readonly #parseFailures: FailureReports;
  readonly #options: LiveLogOptions;
  readonly #stopTail: () => void;
  /** Callbacks of followers that wait for more events. */
  readonly #waiting = new Set<() => void>();
  #position: Position;
  #pendingBytes = 0;
  #scheduled = false;
  #timer: Timer | undefined;

  constructor(log: ChannelLog, options: LiveLogOptions) {
    const { latestBy, serializer, onError } = options;
    this.log = log;
    this.serializer = serializer;
    this.#options = options;
    this.epoch = log.epoch;
    this.window = new EventWindow(options.window, log.last);
    this.flushed = log.last;
    this.settled = log.last;
    this.#position = { epoch: log.epoch, offset: log.last };
    this.batchBytes = options.batchBytes;
    this.#parseFailures = new FailureReports((error, count) => onError(error, { stage: "parse", ...count }));
    const filterFailures = new FailureReports((error, count) => onError(error, { stage: "filter", ...count }));
    this.onFilterError = (error, event) => filterFailures.add(event.entry.offset, error);
    if (latestBy !== undefined) {
      const latestError = (error: unknown) => onError(error, { stage: "latest-by" });
      const { onFilterError } = this;
      this.latest = new Latest({ keyOf: latestBy, limits: options.latest, onError: latestError, onFilterError });
    }
    this.reader = new Reader(this);
    this.#stopTail = log.tail(this);
    if (log.first <= log.last) this.#loadLatest();
  }

  get reads(): SharedReads {
    return this.#options.reads;
  }

  get readers(): number {
    return this.#options.listener.readers;
  }

  /** Position after the newest event that live subscribers have received. */
  get end(): Position {
    return this.positionAt(this.flushed);
  }

  /** Returns the position after an offset. The thousands of subscribers of a quiet channel share one object. */
  positionAt(offset: number): Position {
    const { epoch } = this;
    if (this.#position.offset !== offset || this.#position.epoch !== epoch) this.#position = { epoch, offset };
    return this.#position;
  }

  /** Reports an entry that is skipped because it cannot be sent, unless its offset holds no event. */
  reportUnsound({ entry }: KeptEvent): void {
    if (entry.isVoid) return;
    const message = `The log has an entry that cannot be sent (offset ${entry.offset}, type ${show(entry.type)}).`;
    this.#options.onError(
      new SluiceError("INVALID_FIELD", `${message} It is skipped. Find the program that wrote it into the log.`),
      { stage: "log" },
    );
  }

  /** Returns a copy of the event, or `undefined` if its text cannot be parsed, which is reported. */
  copyOf(event: KeptEvent): ReturnType<KeptEvent["copy"]> | undefined {
    try {
      return event.copy();
    } catch (error) {
      if (isSluiceError(error)) this.#parseFailures.add(event.entry.offset, error);
      else this.reportUnsound(event);
      return undefined;
    }
  }

  /**
   * Resolves to the event at an offset, from the window or the log; `undefined` if it is not kept, or if a new life of
   * the log begins meanwhile, in which the offset may mean another event.
   */
  async eventAt(offset: number): Promise<KeptEvent | undefined> {
    const { epoch } = this.log;
    const inWindow = epoch === this.epoch ? this.window.at(offset) : undefined;
    if (inWindow !== undefined) return inWindow;
    const entries = await this.log.read(offset - 1, 1, Number.POSITIVE_INFINITY);
    if (entries === "gone" || epoch !== this.log.epoch) return undefined;
    const [entry] = entries;
    return entry?.offset === offset ? new KeptEvent(entry, epoch, this.serializer) : undefined;
  }

  /** Returns why positions of an epoch do not hold any more, as far as this process knows. */
  lossReason(epoch: string): LossReason {
    const wasDeleted = this.log.wasDeleted?.(epoch);
    // The log looks the epoch up in its store: this process has not seen the life end.
    if (wasDeleted instanceof Promise) wasDeleted.catch(ignore);
    return wasDeleted === true ? "deleted" : "other-epoch";
  }

  /** True if a position means the same now as in its own epoch. */
  holds({ epoch, offset }: Position): boolean {
    return epoch === this.epoch || (this.log.holds(epoch) ?? NOTHING_KEPT) >= offset;
  }

  appended(entries: readonly LogEntry[], isBehind = false): void {
    const { window, flushInterval } = this.#options;
    this.closeReaders.isCounting = isBehind;
    if (isBehind) this.#trimTaken();
    for (const entry of entries) {
      const event = new KeptEvent(entry, this.epoch, this.serializer);
      if (!event.isSound) this.reportUnsound(event);
      this.window.push(event);
      this.latest?.add(event);
      this.#pendingBytes += event.frameSize;
      // Events that were appended together are flushed together.
      if (entry.more) continue;
      // Flush a burst in parts, before it outgrows what a socket or the window can hold.
      const pending = this.window.last - this.flushed;
      if (this.#pendingBytes >= this.batchBytes || pending * 2 >= window.events) this.flush();
    }
    this.window.trim(this.flushed);
    if (this.#scheduled || this.flushed === this.window.last) return;
    this.#scheduled = true;
    if (flushInterval === 0) afterTurn(this.flush);
    else this.#timer = quietTimeout(this.flush, flushInterval);
  }

  taken(): Promise<void> | undefined {
    this.flush();
    const taken = this.closeReaders.taken();
    if (taken === undefined) this.#trimTaken();
    return taken?.then(() => this.#trimTaken());
  }

  trimmed(first: number): void {
    if (first > this.flushed + 1) this.flush();
    if (first <= this.window.last + 1) return this.window.trimBefore(first);
    // The log trimmed entries this process never received. Subscribers step back, find the gap and report it.
    const { listener } = this.#options;
    listener.suspend();
    this.#jumpTo(first - 1);
    listener.resume(undefined, "other-epoch");
    this.#notifyWaiting();
  }

  reset(): void {
    const { listener } = this.#options;
    const kept = this.log.holds(this.epoch) ?? NOTHING_KEPT;
    // A read may have returned entries beyond the window that the new life has lost.
    this.reader.reset();
    if (kept >= this.window.last) {
      // The new life has every event that this process knows: offsets and event IDs keep their meaning.
      this.epoch = this.log.epoch;
    } else {
      const reason = this.lossReason(this.epoch);
      listener.suspend();
      this.epoch = this.log.epoch;
      this.#jumpTo(this.log.last);
      listener.resume(kept, reason);
    }
    this.#notifyWaiting();
  }

  isNeeded(): boolean {
    return this.#options.listener.isNeeded();
  }

  failed(error: Error): void {
    this.#options.listener.failed(error);
  }

  /** Hands every pending event to the listener, in batches. Does nothing during a flush. */
  readonly flush = (): void => {
    this.#scheduled = false;
    clearTimeout(this.#timer);
    // A request that begins to follow may flush. The callbacks of other requests must not run in its context.
    if (!this.flushing && this.flushed !== this.window.last) outside(this.#deliver);
  };

  readonly #deliver = (): void => {
    this.flushing = true;
    try {
      while (this.flushed < this.window.last) {
        this.#options.listener.deliver(this.#nextBatch());
        this.settled = this.flushed;
      }
    } finally {
      this.settled = this.flushed;
      this.flushing = false;
      this.#pendingBytes = 0;
      this.window.trim(this.flushed);
    }
    this.#notifyWaiting();
  };

  /** Drops the flushed events. Keeps a part of the window if a close reader may need it. */
  #trimTaken(): void {
    if (this.closeReaders.size === 0) this.window.trimBefore(this.flushed + 1);
    else this.window.trim(this.flushed, CATCH_UP_PART);
  }

  /** Calls `wake` after each flush, jump or new life, and on close. Returns a function that stops the calls. */
  onAdvance(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.#timer);
    this.closeReaders.clear();
    this.#stopTail();
    this.#notifyWaiting();
    await this.log.close();
  }

  #nextBatch(): KeptEvent[] {
    const batch: KeptEvent[] = [];
    let bytes = 0;
    let offset = this.flushed;
    const at = (next: number) => this.window.at(next);
    while (offset < this.window.last && (batch.length === 0 || bytes < this.batchBytes)) {
      const event = this.window.at(offset + 1)!;
      if (batch.length > 0 && event.entry.more && mustStartBatch({ event, bytes, limit: this.batchBytes, at })) break;
      offset++;
      batch.push(event);
      bytes += event.frameSize;
    }
    this.flushed = offset;
    return batch;
  }

  /** Continues after the offset `last`. Events up to there are in the log, or lost. */
  #jumpTo(last: number): void {
    this.window.reset(last);
    this.flushed = last;
    this.settled = last;
    this.#pendingBytes = 0;
    this.reader.reset();
    this.#loadLatest();
  }

  /**
   * Finds the newest event of each key among the events the log keeps. Events published meanwhile are added as usual.
   */
  #loadLatest(): void {
    void this.latest?.load(eventsUpTo(this, this.window.last));
  }

  #notifyWaiting(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
