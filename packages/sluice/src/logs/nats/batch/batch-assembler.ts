import { entryBytes, type LogEntry } from "../../log.ts";
import type { HeldBytes } from "../../shared/bounds/held-bytes.ts";
import type { BatchPart } from "./batch-part.ts";

/** An entry in a message, and the part that the message is of its batch. */
export interface ReadEntry {
  readonly entry: LogEntry;
  readonly part: BatchPart | undefined;
}

/** Bounds for a {@link BatchAssembler}. */
interface AssemblerBounds {
  /** The bytes that all channels of the log hold for batches that are not complete. */
  readonly held: HeldBytes;
  /**
   * Called if a batch is complete that had to be dropped. The assembler then needs its messages again, from the first
   * one, and holds none of them any more.
   */
  readonly onAgain: () => void;
}

/**
 * Decides for messages in the order of the stream which of them are entries. It holds the messages of a batch until the
 * next message of the stream completes the batch, or shows that nothing ever will: then their offsets are void. If it
 * may hold no more bytes, it drops the messages, and keeps only their number.
 */
export class BatchAssembler {
  readonly #bounds: AssemblerBounds | undefined;
  #held: ReadEntry[] = [];
  #heldBytes = 0;
  /** Number of messages that are not decided, held or dropped. */
  #pending = 0;
  /** The part that the newest of them is. */
  #newest: BatchPart | undefined;
  #received = 0;
  /** Name of a batch that is complete and was dropped. */
  #again: string | undefined;

  /** Without bounds, the caller limits the messages. */
  constructor(bounds?: AssemblerBounds) {
    this.#bounds = bounds;
  }

  /** Messages of a batch whose last message has not arrived. */
  get held(): readonly ReadEntry[] {
    return this.#held;
  }

  /** Number of messages for which the held ones wait. */
  get awaited(): number {
    const { size = 0, index = 0 } = this.#held.length > 0 ? (this.#newest ?? {}) : {};
    return size - index;
  }

  /** Offset of the newest message taken, decided or not. 0 after {@link clear}. */
  get received(): number {
    return this.#received;
  }

  /** Takes a message. Returns the entries that it decides, in order. */
  take(next: ReadEntry): readonly LogEntry[] {
    const { entry, part } = next;
    // The messages begin anew somewhere else. If those between were trimmed, so were the pending ones.
    if (entry.offset !== this.#received + 1) this.#release();
    const before = this.#newest;
    const isNext = before === undefined || (part?.batch === before.batch && part.index === before.index + 1);
    const voids = isNext ? [] : this.#voids(entry);
    if (!isNext) this.#release();
    this.#received = entry.offset;
    if (part !== undefined && part.batch === this.#again) return [...voids, appendedEntry(next)];
    if (part !== undefined && part.index < part.size) {
      this.#wait(next, part);
      return voids;
    }
    if (this.#held.length < this.#pending) return this.#repeat(part);
    const whole = [...this.#held, next].map(appendedEntry);
    this.#release();
    return [...voids, ...whole];
  }

  /** Drops the pending messages. The next message may have any offset. */
  clear(): void {
    this.#release();
    this.#received = 0;
  }

  /** Holds a message, or drops all that it holds. */
  #wait(next: ReadEntry, part: BatchPart): void {
    const bytes = this.#heldBytes + entryBytes(next.entry);
    const isHeld = this.#held.length === this.#pending && this.#replaceBytes(bytes);
    if (isHeld) this.#held.push(next);
    else this.#drop();
    this.#pending++;
    this.#newest = part;
  }

  /** The batch is complete and was dropped: its messages must arrive again. */
  #repeat(part: BatchPart | undefined): readonly LogEntry[] {
    this.#again = part?.batch;
    this.clear();
    this.#bounds?.onAgain();
    return [];
  }

  /** Returns the pending messages as void entries. `entry` follows them. */
  #voids({ offset, time }: LogEntry): LogEntry[] {
    return Array.from({ length: this.#pending }, (_, i) => emptyEntry(offset - this.#pending + i, time));
  }

  #drop(): void {
    this.#held = [];
    this.#replaceBytes(0);
  }

  #release(): void {
    this.#drop();
    this.#pending = 0;
    this.#newest = undefined;
  }

  #replaceBytes(bytes: number): boolean {
    const isWithin = this.#bounds?.held.replace(this.#heldBytes, bytes) ?? true;
    if (isWithin) this.#heldBytes = bytes;
    return isWithin;
  }
}

/** Returns the entry of a message whose batch is complete, or that is no part of a batch. */
export function appendedEntry({ entry, part }: ReadEntry): LogEntry {
  return part === undefined || part.index === part.size ? entry : { ...entry, more: part.size - part.index };
}

/** Returns the entry for the offset of a message whose batch never became complete. */
export function voidEntry({ entry: { offset, time } }: ReadEntry): LogEntry {
  return emptyEntry(offset, time);
}

function emptyEntry(offset: number, time: number): LogEntry {
  return { offset, time, type: "", data: "", json: false, isVoid: true };
}
