import type { KeptEvent } from "../event/kept-event.ts";

/** How much of a channel's newest past is kept encoded in this process. */
export interface WindowLimits {
  readonly events: number;
  readonly bytes: number;
}

/** Places given up at the front before the array is cut. */
const CUT_AT = 1_024;

/** The newest events of a channel: a contiguous run of offsets that ends at the end of the log. */
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

  /** Offset of the oldest event held; `last + 1` when there is none. */
  get first(): number {
    return this.#last - (this.#events.length - this.#start) + 1;
  }

  /** Offset of the newest event there is, held or not. */
  get last(): number {
    return this.#last;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The event at an offset from `first` to `last`. */
  at(offset: number): KeptEvent | undefined {
    return this.#events[this.#events.length - 1 - (this.#last - offset)];
  }

  push(event: KeptEvent): void {
    this.#events.push(event);
    this.#last = event.entry.offset;
    this.#bytes += event.size;
  }

  /** Drops what the limits no longer allow, but nothing after the offset `keepAfter`. */
  trim(keepAfter: number): void {
    const { events, bytes } = this.#limits;
    while (this.first <= keepAfter && (this.#last - this.first >= events || this.#bytes > bytes)) this.#drop();
  }

  /** Drops everything before `first`. */
  trimBefore(first: number): void {
    while (this.first < first && this.first <= this.#last) this.#drop();
  }

  /** Forgets everything and goes on after `last`. */
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
