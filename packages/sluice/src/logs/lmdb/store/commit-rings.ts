import type { RootDatabase } from "lmdb";
import { addToRing, commitsAfter, MAX_TAG, newestTag, type RecordedCommits } from "./commit-ring.ts";
import { ringKey } from "./keys.ts";

/** Number of rings in a folder. Looking for new commits reads each of them. */
const RINGS = 16;

/**
 * The rings of a folder: they record which channels each commit changed, so that other processes look only at those.
 *
 * Each writer appends to one ring. It prepares its transaction from a snapshot, so two writers of one ring can
 * overwrite each other's commits. Readers notice the missing commit (`CommitTracker`), and the writers part.
 *
 * See docs/decisions/051-rings-of-changed-channels.md.
 */
export class CommitRings {
  readonly #db: RootDatabase<Uint8Array, Buffer>;
  /** The ring that this process writes to. */
  #own = randomBelow(RINGS);
  /** The commits of this process in its ring have the tags after this one, without a hole. */
  #before = randomBelow(MAX_TAG / 2);
  /** Tag of the newest commit that this process prepared. */
  #tag = this.#before;
  /** The value of the own ring with the commit that is being prepared. */
  #prepared: Buffer = Buffer.alloc(0);
  /** The tag of the newest commit in each ring at the last call of {@link takeCommits}. */
  readonly #taken = new Map<number, number>();

  constructor(db: RootDatabase<Uint8Array, Buffer>) {
    this.#db = db;
  }

  /**
   * Prepares the record of a commit that may change these channels, from a snapshot that has the last commit of this
   * process.
   */
  prepare(channels: readonly number[]): void {
    let ring = this.#read(this.#own);
    const newest = ring === undefined ? this.#before : newestTag(ring);
    if (this.#isOwn(newest)) this.#tag = newest;
    else if (newest !== this.#before && this.#tag !== this.#before) {
      // Another process writes to this ring, too.
      this.#own = randomBelow(RINGS);
      this.#before = randomBelow(MAX_TAG / 2);
      this.#tag = this.#before;
      ring = this.#read(this.#own);
    }
    this.#prepared = addToRing(ring, ++this.#tag, channels);
  }

  /** Returns the write of the prepared record. Each change of the transaction needs it, because each may fail alone. */
  preparedWrite(): () => void {
    const [key, value] = [ringKey(this.#own), this.#prepared];
    return () => void this.#db.put(key, value, 0);
  }

  /**
   * Returns the commits that the snapshot has and that no earlier call returned, without the channels of this process's
   * own ones. Returns `undefined` if a ring no longer has all of them. The next call continues after the snapshot in
   * any case.
   */
  takeCommits(): RecordedCommits | undefined {
    const channels: number[] = [];
    let commits = 0;
    let isComplete = true;
    for (let i = 0; i < RINGS; i++) {
      const found = this.#takeFrom(i);
      if (found === undefined) isComplete = false;
      else {
        commits += found.commits;
        channels.push(...found.channels);
      }
    }
    return isComplete ? { commits, channels } : undefined;
  }

  #takeFrom(index: number): RecordedCommits | undefined {
    const ring = this.#read(index);
    const last = this.#taken.get(index);
    if (ring === undefined) return { commits: 0, channels: [] };
    const newest = newestTag(ring);
    this.#taken.set(index, newest);
    const isOwn = index === this.#own && last !== undefined && this.#isOwn(last) && this.#isOwn(newest);
    return isOwn ? { commits: newest - last, channels: [] } : commitsAfter(ring, last);
  }

  /** Returns a ring, in memory that the next read overwrites. */
  #read(index: number): Buffer | undefined {
    return this.#db.getBinaryFast(ringKey(index));
  }

  #isOwn(tag: number): boolean {
    return tag > this.#before && tag <= this.#tag;
  }
}

/** Returns a random whole number from 0, below `end`. */
function randomBelow(end: number): number {
  return Math.floor(Math.random() * end);
}
