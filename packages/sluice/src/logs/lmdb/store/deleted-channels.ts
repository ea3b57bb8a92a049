import type { RootDatabase } from "lmdb";
import { deletedSlot } from "../../shared/life/deleted-epochs.ts";
import { blockKey, channelOfKey, deletedKey, idKey, lifeKey, nameKey, remainsKey, stateKey } from "./keys.ts";

/** Records of a deleted channel that one change removes. So it takes a bounded time. */
const REMOVED_PER_CHANGE = 1_024;

/** Adds a write to the change that is being prepared. */
type AddWrite = (write: () => void) => void;

/**
 * Deletes channels. The first change removes a channel's name, state and life, so that it is gone at once and as a
 * whole. If it has many entries, further changes remove them, in parts. If the process ends before, the next deletion
 * continues, or the next process that opens the folder.
 */
export class DeletedChannels {
  readonly #db: RootDatabase<Uint8Array, Buffer>;
  readonly #addWrite: AddWrite;

  constructor(db: RootDatabase<Uint8Array, Buffer>, addWrite: AddWrite) {
    this.#db = db;
    this.#addWrite = addWrite;
  }

  /** Removes a channel. Call it only in a change of the channel. */
  remove(channel: number, name: string, epoch: string): void {
    for (const key of [nameKey(name), stateKey(channel), lifeKey(channel)]) this.#remove(key);
    this.#put(deletedKey(deletedSlot(epoch)), Buffer.from(epoch));
    if (this.#removeEntries(channel)) this.#put(remainsKey(channel), Buffer.alloc(0));
  }

  /** Removes some entries of a deleted channel. Returns true if there are more. Call it only in a change of it. */
  removeRemains(channel: number): boolean {
    if (this.#db.getBinary(remainsKey(channel)) === undefined) return false;
    const hasMore = this.#removeEntries(channel);
    if (!hasMore) this.#remove(remainsKey(channel));
    return hasMore;
  }

  /** Returns the numbers of deleted channels that have entries left. */
  withRemains(): number[] {
    const range = { start: remainsKey(0), end: remainsKey(0xffff_ffff) };
    return Array.from(this.#db.getKeys(range), channelOfKey);
  }

  /** Returns true if the life of an epoch ended because its channel was deleted, as far as the folder remembers. */
  has(epoch: string): boolean {
    return this.#db.getBinary(deletedKey(deletedSlot(epoch)))?.toString() === epoch;
  }

  /** Removes some records of a channel's entries. Returns true if there may be more. */
  #removeEntries(channel: number): boolean {
    const ranges = [
      { start: blockKey(channel, 0), end: blockKey(channel + 1, 0) },
      { start: idKey(channel, ""), end: idKey(channel + 1, "") },
    ];
    let left = REMOVED_PER_CHANGE;
    for (const range of ranges) {
      for (const key of this.#db.getKeys({ ...range, limit: left })) {
        left--;
        this.#remove(Buffer.from(key));
      }
    }
    return left === 0;
  }

  #put(key: Buffer, value: Buffer): void {
    this.#addWrite(() => void this.#db.put(key, value, 1));
  }

  #remove(key: Buffer): void {
    this.#addWrite(() => void this.#db.remove(key));
  }
}
