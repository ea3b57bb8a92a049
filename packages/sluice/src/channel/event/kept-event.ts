import { formatPosition } from "../../base/position.ts";
import type { LogEntry } from "../../logs/log.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { encodeEvent } from "../../protocol/encode-event.ts";

/** The types of a channel's events, and the data of each. */
export type EventMap = object;

/** Where nobody says which types there are: any, with any data. */
export type AnyEvents = Record<string, unknown>;

/** An event of a channel, as filters and `history` see it. */
export type ChannelEvent<Events extends EventMap = AnyEvents> = {
  readonly [Type in keyof Events & string]: {
    readonly type: Type;
    readonly data: Events[Type];
    /** The event ID. */
    readonly id: string;
    /** Who it is for; absent: for everybody. */
    readonly topics: readonly string[] | undefined;
    /** When it was published, in ms since 1970. */
    readonly time: number;
  };
}[keyof Events & string];

/** What an event is taken to cost in the window besides its bytes: an estimate, for its objects. */
const OVERHEAD_BYTES = 256;

/** An event in memory: its entry in the log, and what is made of it at most once, when first needed. */
export class KeptEvent {
  readonly entry: LogEntry;
  readonly #epoch: string;
  #frame: Uint8Array | undefined;
  #value: ChannelEvent | undefined;

  constructor(entry: LogEntry, epoch: string) {
    this.entry = entry;
    this.#epoch = epoch;
  }

  /** The event ID. */
  get id(): string {
    return this.entry.id ?? formatPosition({ epoch: this.#epoch, offset: this.entry.offset });
  }

  /** What it counts for against the window's limit in bytes. */
  get size(): number {
    return OVERHEAD_BYTES + this.entry.data.length * 2;
  }

  /** Its block on the wire. */
  get frame(): Uint8Array {
    if (this.#frame === undefined) {
      const { type, data, retry } = this.entry;
      this.#frame = toBytes(encodeEvent({ event: type, id: this.id, retry, data }));
    }
    return this.#frame;
  }

  /** The same without its ID: within a snapshot, where no event is a position to resume from. */
  get blockWithoutId(): string {
    const { type, data } = this.entry;
    return encodeEvent({ event: type, data });
  }

  /** What filters see; one for all of them, and not to be changed. */
  get value(): ChannelEvent {
    return (this.#value ??= this.copy());
  }

  /** The event as a value of its own, made from the text, so that nobody can change what others will get. */
  copy(): ChannelEvent {
    const { type, data, json, topics, time } = this.entry;
    return { type, data: json ? JSON.parse(data) : data, id: this.id, topics, time };
  }
}
