import type { LogEntry } from "../../log.ts";

/** FNV-1a, 32 bits. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Shorter data are kept, since a digest takes time. */
const MIN_DIGESTED_CHARACTERS = 4_096;

/** Enough of an entry to recognise it in the stream. */
export class KnownEntry {
  readonly offset: number;
  readonly #entry: LogEntry | undefined;
  readonly #digest: string | undefined;

  /**
   * `isBrief`: keeps only a digest, so that the entry's memory is free at once. A process that catches up on many
   * channels would otherwise hold an entry of each until its next turn.
   */
  constructor(entry: LogEntry, isBrief: boolean, minCharacters: number = MIN_DIGESTED_CHARACTERS) {
    this.offset = entry.offset;
    if (isBrief && entry.data.length >= minCharacters) this.#digest = digestOf(entry);
    else this.#entry = entry;
  }

  /** The same, without the entry: it needs little memory, however long it is kept. */
  get brief(): KnownEntry {
    return this.#entry === undefined ? this : new KnownEntry(this.#entry, true, 0);
  }

  /** Returns true if the entry that the stream has at this offset is the same. */
  isSame(other: LogEntry): boolean {
    const entry = this.#entry;
    if (entry === undefined) return digestOf(other) === this.#digest;
    // Without the digests, which take time.
    return digestOf({ ...other, data: "" }) === digestOf({ ...entry, data: "" }) && other.data === entry.data;
  }
}

/** Returns a text that differs for different entries. The time counts only with a type: other programs give neither. */
function digestOf({ type, time, id = "", data }: LogEntry): string {
  let hash = FNV_OFFSET;
  for (let i = 0; i < data.length; i++) hash = Math.imul(hash ^ data.charCodeAt(i), FNV_PRIME);
  return JSON.stringify([type, type === "" ? 0 : time, id, data.length, hash]);
}
