import { formatPosition, type Position } from "../../base/position.ts";
import type { LogEntry } from "../../logs/log.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { encodeEvent } from "../../protocol/encode-event.ts";
import { encodedSize } from "../../protocol/encoded-size.ts";
import { isSafe } from "../../protocol/safe-text.ts";
import { EventCopy } from "./event-copy.ts";
import { parseData, type Serializer } from "./serializer.ts";

/** Maps the event types of a channel to their data. */
export type EventMap = object;

/** The event map of a channel without a type parameter: any type, any data. */
export type AnyEvents = Record<string, unknown>;

/**
 * An event of a channel, as filters, `latestBy` and `history()` receive it. A union that narrows on `type`, as that of
 * an iteration does: see `ReceivedEvent`.
 */
export type ChannelEvent<Events extends EventMap = AnyEvents> = {
  readonly [Type in keyof Events & string]: {
    readonly type: Type;
    readonly data: Events[Type];
    /** The event ID. */
    readonly id: string;
    /** Topics of the event. `undefined`: the event is for all subscribers. */
    readonly topics: readonly string[] | undefined;
    /** Time of publication, in ms since 1970. */
    readonly time: number;
  };
}[keyof Events & string];

/** Estimated memory of an event's objects in the window, in bytes. Its text and its frame come on top. */
const OVERHEAD_BYTES = 256;

const BLANK_LINE_BYTES = 1;

/** A log entry in this process's memory. Its bytes and its value are made when first needed, once. */
export class KeptEvent {
  readonly entry: LogEntry;
  /** True if the entry can be sent: it is not void, and no other program has written something else into the log. */
  readonly isSound: boolean;
  /** Size of {@link frame} in bytes. */
  readonly frameSize: number;
  readonly #epoch: string;
  readonly #serializer: Serializer | undefined;
  #frame: Uint8Array | undefined;
  #block: Uint8Array | undefined;
  #value: ChannelEvent | undefined;

  /** `serializer` is the one of the channel. Default: JSON. */
  constructor(entry: LogEntry, epoch: string, serializer?: Serializer) {
    this.entry = entry;
    this.#epoch = epoch;
    this.#serializer = serializer;
    this.isSound = !entry.isVoid && isSound(entry);
    const { type, data, retry } = entry;
    this.frameSize = this.isSound ? encodedSize({ event: type, id: this.id, retry, data }) : 0;
  }

  /** The position after this event. */
  get position(): Position {
    return { epoch: this.#epoch, offset: this.entry.offset, ownId: this.entry.id };
  }

  /** The event ID. */
  get id(): string {
    return this.entry.id ?? formatPosition({ epoch: this.#epoch, offset: this.entry.offset });
  }

  /** Bytes that the event counts against the window's limit. */
  get size(): number {
    const { topics = [] } = this.isSound ? this.entry : {};
    return OVERHEAD_BYTES + this.frameSize * 2 + topics.reduce((sum, topic) => sum + topic.length, 0);
  }

  /** The event on the wire: one block with its ID. */
  get frame(): Uint8Array {
    if (this.#frame === undefined) {
      const { type, data, retry } = this.entry;
      this.#frame = toBytes(encodeEvent({ event: type, id: this.id, retry, data }));
    }
    return this.#frame;
  }

  /** The block without its ID, for a snapshot: no event of a snapshot is a position to resume from. */
  get blockWithoutId(): Uint8Array {
    if (this.#block === undefined) {
      const { type, data } = this.entry;
      this.#block = toBytes(encodeEvent({ event: type, data }));
    }
    return this.#block;
  }

  /** The end of the frame: every line after the event's type and ID. */
  get tail(): Uint8Array {
    const { type } = this.entry;
    const head = encodedSize({ event: type, id: this.id }) - BLANK_LINE_BYTES;
    return this.frame.subarray(head);
  }

  /** The event as filters see it. All filters share this one object. */
  get value(): ChannelEvent {
    return (this.#value ??= this.copy());
  }

  /** Returns the event as a new object, parsed from its text, so that a caller cannot change the event for others. */
  copy(): EventCopy & ChannelEvent {
    const { type, topics, time, retry } = this.entry;
    const { id } = this;
    return new EventCopy({ type, data: this.#data(), id, topics, time, retry }, this.#serializer) as EventCopy &
      ChannelEvent;
  }

  #data(): unknown {
    const { type, data, json } = this.entry;
    return json ? parseData(type, data, this.#serializer) : data;
  }
}

/**
 * Returns true if an entry has the types of {@link LogEntry}, and a type and an ID that a parser reads back unchanged.
 */
function isSound({ type, data, topics, id, retry }: LogEntry): boolean {
  if (!isSafe(type) || typeof data !== "string" || (id !== undefined && !isSafe(id))) return false;
  if (retry !== undefined && !(Number.isSafeInteger(retry) && retry >= 0)) return false;
  return topics === undefined || (Array.isArray(topics) && topics.every((topic) => typeof topic === "string"));
}
