import type { Position } from "../../../base/position.ts";
import type { Timer } from "../../../base/time/timers.ts";
import type { NewEntry } from "../../log.ts";
import type { Destination } from "./destination.ts";

/** Limits of the entries in flight. All others wait, so that a burst does not fill the server and the socket. */
const MAX_IN_FLIGHT = 2_048;
const MAX_CHARS_IN_FLIGHT = 4_194_304;
/** How often the entries are checked within the timeout. */
const CHECKS_PER_TIMEOUT = 10;
/** An entry is sent again after this part of the timeout: a change of the leader may take the answer with it. */
const SENDS_PER_TIMEOUT = 3;
/** Entries that wait behind a batch are rejected this many timeouts late at most: batches go one per round trip. */
const TIMEOUTS_BEHIND_BATCHES = 4;

/** Something to send to NATS that it has not acknowledged yet. */
export interface Pending {
  /** Number of characters of its text. */
  readonly chars: number;
  /** True if nothing may be sent after it before its answer. */
  readonly isBarrier: boolean;
  /** True if it may be sent only after the answers for everything before it. */
  readonly needsAnswers?: boolean;
  /** Counts what is sent, in the order of the first attempts. */
  order: number;
  /** When to reject it, unless NATS is at work on what was sent before. On the clock of `performance.now()`. */
  deadline: number;
  /** When it was last sent. */
  sentAt: number;
}

/** An entry that NATS has not acknowledged yet. */
export interface PendingEntry extends Pending {
  readonly isBarrier: false;
  readonly entry: NewEntry;
  readonly time: number;
  /** The stream to which the entry was sent last; `undefined` before the first attempt. */
  destination: Destination | undefined;
  readonly text: string;
  /** The life in which the entry was sent. Part of its message ID. */
  epoch: string;
  /** Number of the entry among those of its publisher. */
  readonly number: number;
  resolve(position: Position): void;
  reject(error: Error): void;
  /** Times sent. Only the answer to the last attempt counts. */
  attempts: number;
  /** The log's last offset when the entry was sent. Its own offset must be larger. */
  after: number;
  /** When the entry was first sent to this stream. On the clock of `performance.now()`. */
  firstSentAt: number;
  /** Condition on the stream, for an entry with an own ID. See {@link OwnId}. */
  expect: { readonly lastSubjectSequence: number; readonly lastSequence?: number } | undefined;
}

/** Options of {@link PendingEntries}. */
export interface PendingEntriesOptions<T extends Pending> {
  /** Time for NATS to acknowledge an entry that is in flight, in ms. */
  readonly timeout: number;
  /** True if entries may be sent now. */
  readonly isReady: () => boolean;
  readonly send: (entry: T) => void;
  /** Called for an entry without an answer in time. It is no longer pending. */
  readonly expired: (entry: T) => void;
}

/**
 * The entries of a publisher in the order of its calls: some in flight, the others waiting until there is room. The
 * timeout of a waiting entry begins anew with each answer for another entry, so a long queue only takes longer. The
 * same holds for an entry in flight while NATS, which answers in order, is at work on earlier ones. To send it again
 * then would only make the queue longer. If a later entry has an answer, the entry's own answer may be lost.
 */
export class PendingEntries<T extends Pending> {
  readonly #options: PendingEntriesOptions<T>;
  readonly #inFlight = new Set<T>();
  /** True if nothing may be sent before the answer for the newest one in flight. */
  #isBarrier = false;
  #chars = 0;
  #waiting: T[] = [];
  /** Number of entries of `#waiting` that are in flight or rejected by now. */
  #taken = 0;
  #checks: Timer | undefined;
  #checkedAt = 0;
  /** Time of the last answer, or of the first entry since none was pending. */
  #answeredAt = 0;
  #lastOrder = 0;
  /** True while the entries in flight are sent again. Nothing else may be sent between them. */
  #isSendingAll = false;
  /** The highest `order` of an entry with an answer. */
  #newestAnswered = 0;

  constructor(options: PendingEntriesOptions<T>) {
    this.#options = options;
  }

  add(entry: T): void {
    this.#waiting.push(entry);
    if (this.#checks === undefined) {
      this.#checkedAt = this.#answeredAt = performance.now();
      this.#checks = setInterval(() => this.#check(), this.#interval);
    }
    this.fill();
  }

  /** Returns true if the entry is in flight. */
  has(entry: T): boolean {
    return this.#inFlight.has(entry);
  }

  /** Removes an entry that is in flight: it has its answer. */
  remove(entry: T): void {
    if (!this.#land(entry)) return;
    this.#newestAnswered = Math.max(this.#newestAnswered, entry.order);
    this.answered();
    this.fill();
    if (this.#inFlight.size === 0 && this.#taken === this.#waiting.length) this.#stop();
  }

  /** Records an answer of NATS. The entries that wait may wait for another timeout. */
  answered(): void {
    this.#answeredAt = performance.now();
  }

  /** Sends all entries in flight again, and then as many others as there is room for. */
  sendAll(): void {
    this.#isSendingAll = true;
    for (const entry of [...this.#inFlight]) this.#send(entry);
    this.#isSendingAll = false;
    this.fill();
  }

  /** Sends entries that wait, as many as there is room for. */
  fill(): void {
    const { isReady, timeout } = this.#options;
    while (this.#taken < this.#waiting.length && !this.#isSendingAll && this.#hasRoom && isReady()) {
      const entry = this.#take();
      entry.order = ++this.#lastOrder;
      entry.deadline = performance.now() + timeout;
      this.#inFlight.add(entry);
      this.#isBarrier = entry.isBarrier;
      this.#chars += entry.chars;
      this.#send(entry);
    }
  }

  /** Removes all entries, and returns them in the order of the calls. */
  clear(): T[] {
    const all = [...this.#inFlight, ...this.#waiting.slice(this.#taken)];
    this.#inFlight.clear();
    this.#isBarrier = false;
    this.#chars = 0;
    this.#stop();
    return all;
  }

  get #hasRoom(): boolean {
    const { size } = this.#inFlight;
    if (size === 0) return true;
    if (this.#waiting[this.#taken]?.needsAnswers) return false;
    return !this.#isBarrier && size < MAX_IN_FLIGHT && this.#chars < MAX_CHARS_IN_FLIGHT;
  }

  get #interval(): number {
    return this.#options.timeout / CHECKS_PER_TIMEOUT;
  }

  /** Removes an entry that is in flight. Returns false if it is not. */
  #land(entry: T): boolean {
    if (!this.#inFlight.delete(entry)) return false;
    this.#chars -= entry.chars;
    if (entry.isBarrier) this.#isBarrier = false;
    return true;
  }

  #take(): T {
    const entry = this.#waiting[this.#taken++] as T;
    if (this.#taken >= MAX_IN_FLIGHT && this.#taken * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return entry;
  }

  #send(entry: T): void {
    entry.sentAt = performance.now();
    this.#options.send(entry);
  }

  #check(): void {
    const { timeout, expired, isReady } = this.#options;
    const now = performance.now();
    const late = now - this.#checkedAt - this.#interval;
    this.#checkedAt = now;
    // This process was blocked. Answers may have arrived unread.
    if (late > this.#interval) {
      for (const entry of this.#inFlight) entry.deadline += late;
      this.#answeredAt += late;
      return;
    }
    for (const entry of [...this.#inFlight]) {
      const isBehindOthers = !entry.isBarrier && entry.order > this.#newestAnswered;
      const progressAt = isBehindOthers ? this.#answeredAt : 0;
      if (Math.max(entry.deadline, progressAt + timeout) <= now) {
        this.#land(entry);
        expired(entry);
      } else if (now - Math.max(entry.sentAt, progressAt) > timeout / SENDS_PER_TIMEOUT && isReady()) {
        this.#send(entry);
      }
    }
    const isSilent = this.#answeredAt + timeout <= now;
    const limit = this.#isBarrier ? TIMEOUTS_BEHIND_BATCHES * timeout : Number.POSITIVE_INFINITY;
    while (this.#taken < this.#waiting.length) {
      const { deadline } = this.#waiting[this.#taken]!;
      if (deadline > now || (!isSilent && deadline + limit > now)) break;
      expired(this.#take());
    }
    this.fill();
    if (this.#inFlight.size === 0 && this.#taken === this.#waiting.length) this.#stop();
  }

  #stop(): void {
    this.#waiting = [];
    this.#taken = 0;
    clearInterval(this.#checks);
    this.#checks = undefined;
  }
}
