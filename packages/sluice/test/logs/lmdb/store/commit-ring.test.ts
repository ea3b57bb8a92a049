import { array, assert, integer, property, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import { addToRing, commitsAfter, MAX_TAG, newestTag } from "../../../../src/logs/lmdb/store/commit-ring.ts";

/** LMDB stores larger values in more than one page of their own. */
const PAGE_BYTES = 4_096;

describe("a ring of commits", () => {
  const anyChannels = array(integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 64 });
  const anyTags = uniqueArray(integer({ min: 1, max: MAX_TAG }), { minLength: 1, maxLength: 150 });

  it("returns exactly the commits after a tag, or nothing if it no longer has all of them", () => {
    assert(
      property(anyTags, array(anyChannels, { minLength: 150, maxLength: 150 }), (tags, channels) => {
        let ring: Buffer | undefined;
        for (const [i, tag] of tags.entries()) ring = addToRing(ring, tag, channels[i]!);
        expect(newestTag(ring!)).toBe(tags.at(-1));
        expect(ring!.length).toBeLessThan(PAGE_BYTES);
        let isKept = true;
        for (let i = tags.length - 1; i >= 0; i--) {
          const found = commitsAfter(ring!, tags[i]);
          if (isKept && found === undefined) isKept = false;
          const newer = channels.slice(i + 1, tags.length);
          const all = { commits: newer.length, channels: newer.toReversed().flat() };
          expect(found).toEqual(isKept ? all : undefined);
        }
        const ever = channels.slice(0, tags.length);
        const all = { commits: ever.length, channels: ever.toReversed().flat() };
        expect(commitsAfter(ring!, undefined)).toEqual(isKept ? all : undefined);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps at least the newest three commits of 64 channels, and 60 of one channel", () => {
    const keeps = (channels: number, commits: number) => {
      let ring: Buffer | undefined;
      for (let tag = 1; tag <= 200; tag++)
        ring = addToRing(
          ring,
          tag,
          Array.from({ length: channels }, (_, i) => i),
        );
      expect(commitsAfter(ring!, 200 - commits)).toMatchObject({ commits });
    };
    keeps(64, 3);
    keeps(1, 60);
  });
});
