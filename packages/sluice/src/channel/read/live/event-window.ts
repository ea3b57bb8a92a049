import type { KeptEvent } from "../../event/kept-event.ts";

/** Limits of a channel's window. */
export interface WindowLimits {
  /** Maximum number of events in the window. Default: 4,096. */
  readonly events: number;
  /** Maximum number of bytes in the window. Default: 8 MiB. */
  readonly bytes: number;
}

/** Free slots at the front of the array before it is cut. */
const CUT_AT = 1_024;

/** The newest events of a channel: a run of offsets without a hole that ends at the newest event. */
export class EventWindow {
  readonly #limits: WindowLimits;
  #events: (KeptEvent | undefined)[] = [];
  #start = 0;
  #last: number;
  #bytes = 0;

  constructor(limits: WindowLimits, last: number) {
    this.#limits = limits;
    this.#last = last;
  }

  /** Offset of the oldest event in the window; `last + 1` if the window is empty. */
  get first(): number {
    return this.#last - (this.#events.length - this.#start) + 1;
  }

  /** Offset of the newest event of the channel, in the window or not. */
  get last(): number {
    return this.#last;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the event at an offset from `first` to `last`. */
  at(offset: number): KeptEvent | undefined {
    return this.#events[this.#events.length - 1 - (this.#last - offset)];
  }

  push(event: KeptEvent): void {
    this.#events.push(event);
    this.#last = event.entry.offset;
    this.#bytes += event.size;
  }

  /** Drops events beyond a part of the limits, by default all of them, but no event after the offset `keepAfter`. */
  trim(keepAfter: number, part = 1): void {
    const events = this.#limits.events * part;
    const bytes = this.#limits.bytes * part;
    while (this.first <= keepAfter && (this.#last - this.first >= events || this.#bytes > bytes)) this.#drop();
  }

  /** Drops the events before the offset `first`. */
  trimBefore(first: number): void {
    while (this.first < first && this.first <= this.#last) this.#drop();
  }

  /** Drops every event. The next event has the offset `last + 1`. */
  reset(last: number): void {
    this.#events = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#last = last;
  }

  #drop(): void {
    this.#bytes -= (this.#events[this.#start] as KeptEvent).size;
    this.#events[this.#start++] = undefined;
    if (this.#start >= CUT_AT && this.#start * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
  }
}
