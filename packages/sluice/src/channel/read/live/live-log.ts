import { outside } from "../../../base/context/async-context.ts";
import type { Position } from "../../../base/position.ts";
import { afterTurn, quietTimeout, type Timer } from "../../../base/time/timers.ts";
import { Turns } from "../../../base/time/turns.ts";
import type { ChannelLog, LogEntry, TailListener } from "../../../logs/log.ts";
import type { SharedReads } from "../../../stream/stream-hub.ts";
import { KeptEvent } from "../../event/kept-event.ts";
import type { Serializer } from "../../event/serializer.ts";
import { eventsUpTo } from "../lagging/log-pages.ts";
import { type ReadableLog, Reader } from "../lagging/reader.ts";
import { Latest } from "../latest.ts";
import { lastHeld, lossReason } from "../left-life.ts";
import { CloseReaders } from "./close-readers.ts";
import { EventWindow } from "./event-window.ts";
import type { LiveLogOptions } from "./live-log-options.ts";
import { nextBatch } from "./next-batch.ts";
import { SkippedEvents } from "./skipped-events.ts";

/**
 * Part of the window's limits that holds while the process catches up, perhaps in many channels at once, and close
 * readers need the window. Any other reader reads from the log.
 */
const CATCH_UP_PART = 1 / 32;

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
  /** Reports the events that readers skip. */
  readonly skipped: SkippedEvents;
  readonly onFilterError: (error: unknown, event: KeptEvent) => void;
  readonly serializer: Serializer | undefined;
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
    this.skipped = new SkippedEvents(onError);
    this.onFilterError = this.skipped.onFilterError;
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

  /** Returns true if a position means the same now as in its own epoch. */
  holds({ epoch, offset }: Position): boolean {
    return epoch === this.epoch || lastHeld(this.log, epoch) >= offset;
  }

  appended(entries: readonly LogEntry[], isBehind = false): void {
    const { window, flushInterval } = this.#options;
    this.closeReaders.isCounting = isBehind;
    if (isBehind) this.#trimTaken();
    for (const entry of entries) {
      const event = new KeptEvent(entry, this.epoch, this.serializer);
      if (!event.isSound) this.skipped.reportUnsound(event);
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
    const kept = lastHeld(this.log, this.epoch);
    // A read may have returned entries beyond the window that the new life has lost.
    this.reader.reset();
    if (kept >= this.window.last) {
      // The new life has every event that this process knows: offsets and event IDs keep their meaning.
      this.epoch = this.log.epoch;
    } else {
      const reason = lossReason(this.log, this.epoch);
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
        const batch = nextBatch(this.window, this.flushed, this.batchBytes);
        this.flushed += batch.length;
        this.#options.listener.deliver(batch);
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
