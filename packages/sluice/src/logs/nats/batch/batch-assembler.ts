import type { LogEntry } from "../../log.ts";
import type { BatchPart } from "./batch-part.ts";

/** An entry in a message, and the part that the message is of its batch. */
export interface ReadEntry {
  readonly entry: LogEntry;
  readonly part: BatchPart | undefined;
}

/**
 * Decides for messages in the order of the stream which of them are entries. It holds the messages of a batch until the
 * next message of the stream completes the batch, or shows that nothing ever will: then their offsets are void.
 */
export class BatchAssembler {
  #held: readonly ReadEntry[] = [];
  #received = 0;

  /** Messages of a batch whose last message has not arrived. */
  get held(): readonly ReadEntry[] {
    return this.#held;
  }

  /** Offset of the newest message taken, decided or not. 0 after {@link clear}. */
  get received(): number {
    return this.#received;
  }

  /** Takes a message. Returns the entries that it decides, in order. */
  take(next: ReadEntry): readonly LogEntry[] {
    const { entry, part } = next;
    // The messages begin anew somewhere else. If those between were trimmed, so were the held ones.
    if (entry.offset !== this.#received + 1) this.#held = [];
    this.#received = entry.offset;
    const held = this.#held;
    const before = held.at(-1)?.part;
    const isNext = before === undefined || (part?.batch === before.batch && part.index === before.index + 1);
    if (part !== undefined && part.index < part.size) {
      this.#held = isNext ? [...held, next] : [next];
      return isNext ? [] : held.map(voidEntry);
    }
    this.#held = [];
    if (held.length === 0) return [appendedEntry(next)];
    return isNext ? [...held, next].map(appendedEntry) : [...held.map(voidEntry), appendedEntry(next)];
  }

  /** Drops the held messages. The next message may have any offset. */
  clear(): void {
    this.#held = [];
    this.#received = 0;
  }
}

/** Returns the entry of a message whose batch is complete, or that is no part of a batch. */
export function appendedEntry({ entry, part }: ReadEntry): LogEntry {
  return part === undefined || part.index === part.size ? entry : { ...entry, more: part.size - part.index };
}

/** Returns the entry for the offset of a message whose batch never became complete. */
export function voidEntry({ entry: { offset, time } }: ReadEntry): LogEntry {
  return { offset, time, type: "", data: "", json: false, isVoid: true };
}
