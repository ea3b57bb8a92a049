// A ring records which channels the newest commits of a writer changed. It consists of:
// - the number of all commits that it ever recorded;
// - the newest commits that fit, newest first: for each its tag, the number of its channels, and their numbers.
const TOTAL_BYTES = 4;
const TAG_BYTES = 6;
const COUNT_BYTES = 1;
const CHANNEL_BYTES = 4;

/** Commits that a ring keeps. With one channel each, the ring still shares a page of LMDB with others. */
const MAX_COMMITS = 64;
/** A larger ring would take a second page of its own. */
const MAX_BYTES = 4_000;
const MAX_TOTAL = 2 ** 32 - 1;

/** Tags are whole numbers from 1 to this one. */
export const MAX_TAG: number = 2 ** (8 * TAG_BYTES) - 1;

/** Commits that a ring has recorded. */
export interface RecordedCommits {
  readonly commits: number;
  /** The channels that they changed, with repetitions. */
  readonly channels: readonly number[];
}

/**
 * Returns a ring with one more commit. `tag` must differ from the tags of all other commits. Leaves out the oldest
 * commits if there is no room for them.
 */
export function addToRing(ring: Buffer | undefined, tag: number, channels: readonly number[]): Buffer {
  const added = Buffer.allocUnsafe(TOTAL_BYTES + TAG_BYTES + COUNT_BYTES + channels.length * CHANNEL_BYTES);
  added.writeUInt32BE(Math.min(MAX_TOTAL, (ring?.readUInt32BE() ?? 0) + 1));
  added.writeUIntBE(tag, TOTAL_BYTES, TAG_BYTES);
  added.writeUInt8(channels.length, TOTAL_BYTES + TAG_BYTES);
  for (const [i, channel] of channels.entries()) {
    added.writeUInt32BE(channel, TOTAL_BYTES + TAG_BYTES + COUNT_BYTES + i * CHANNEL_BYTES);
  }
  if (ring === undefined) return added;
  let end = TOTAL_BYTES;
  for (let commits = 1; commits < MAX_COMMITS && end < ring.length; commits++) {
    const next = endOfCommit(ring, end);
    if (added.length + next - TOTAL_BYTES > MAX_BYTES) break;
    end = next;
  }
  return Buffer.concat([added, ring.subarray(TOTAL_BYTES, end)]);
}

/** Returns the tag of the newest commit in a ring. */
export function newestTag(ring: Buffer): number {
  return ring.readUIntBE(TOTAL_BYTES, TAG_BYTES);
}

/**
 * Returns the commits after the one with this tag, or all commits if `tag` is `undefined`. Returns `undefined` if the
 * ring no longer has all of them.
 */
export function commitsAfter(ring: Buffer, tag: number | undefined): RecordedCommits | undefined {
  const channels: number[] = [];
  let commits = 0;
  for (let at = TOTAL_BYTES; at < ring.length; commits++) {
    if (ring.readUIntBE(at, TAG_BYTES) === tag) return { commits, channels };
    const end = endOfCommit(ring, at);
    for (at += TAG_BYTES + COUNT_BYTES; at < end; at += CHANNEL_BYTES) channels.push(ring.readUInt32BE(at));
  }
  return tag === undefined && commits === ring.readUInt32BE() ? { commits, channels } : undefined;
}

/** Returns where the commit that begins at `at` ends. */
function endOfCommit(ring: Buffer, at: number): number {
  return at + TAG_BYTES + COUNT_BYTES + ring.readUInt8(at + TAG_BYTES) * CHANNEL_BYTES;
}
