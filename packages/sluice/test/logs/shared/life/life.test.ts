import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  currentLife,
  type Life,
  parseLife,
  type Seen,
  seenSinceDeletion,
} from "../../../../src/logs/shared/life/life.ts";

function lifeIn(run: string, kept: Life | undefined, first: number, last: number, seen?: Seen): Life {
  return currentLife({ run, first, last }, kept, seen);
}

/** The life of a new log, in the run "0". */
const NEW = lifeIn("0", undefined, 1, 0);

function holds(life: Life, epoch: string): number | undefined {
  return life.former.find(([earlier]) => earlier === epoch)?.[1];
}

function seenIn({ epoch, former }: Life, offset: number, ...more: string[]): Seen {
  return { epoch, offset, former, ended: new Set([...former.map(([earlier]) => earlier), ...more]) };
}

describe("the life of a log", () => {
  it("has a new epoch and no past if the log is new", () => {
    expect(NEW).toMatchObject({ epoch: expect.stringMatching(/^[0-9a-z]{1,32}$/), run: "0", former: [] });
    expect(lifeIn("0", undefined, 1, 0).epoch).not.toBe(NEW.epoch);
  });

  it("continues as long as its store runs", () => {
    expect(lifeIn("0", NEW, 3, 9)).toBe(NEW);
  });

  it("is a new one in another run, and keeps the entries found there", () => {
    const next = lifeIn("1", NEW, 1, 9);
    expect(next).toMatchObject({ run: "1", former: [[NEW.epoch, 9]] });
    expect(next.epoch).not.toBe(NEW.epoch);
  });

  it("forgets an earlier life if no subscriber can resume from its positions", () => {
    const second = lifeIn("1", NEW, 1, 5);
    const third = lifeIn("2", second, 7, 9);
    expect(third.former).toEqual([[second.epoch, 9]]);
    // A subscriber can resume right before the oldest entry.
    expect(lifeIn("2", second, 6, 9).former).toEqual([
      [second.epoch, 9],
      [NEW.epoch, 5],
    ]);
  });

  it("gives up the past if this process has seen more than the store still has", () => {
    const seen = seenIn(NEW, 9);
    expect(lifeIn("1", NEW, 1, 9, seen).former).toEqual([[NEW.epoch, 9]]);
    expect(lifeIn("1", NEW, 1, 8, seen).former).toEqual([]);
    // In the same run, too: a backup was restored.
    expect(lifeIn("0", NEW, 1, 9, seen)).toBe(NEW);
    expect(lifeIn("0", NEW, 1, 8, seen)).toMatchObject({ former: [], lostAfter: 8 });
  });

  it("is a new one once more if another process, which had seen less, has begun one already", () => {
    const begun = lifeIn("1", NEW, 1, 8, seenIn(NEW, 7));
    expect(begun.former).toEqual([[NEW.epoch, 8]]);
    const again = lifeIn("1", begun, 1, 12, seenIn(NEW, 9));
    expect(again).not.toBe(begun);
    expect(again.former).toEqual([]);
    // The new life settles the loss: the process does not begin one life after another.
    expect(lifeIn("1", again, 1, 12, seenIn(NEW, 9))).toBe(again);
  });

  it("gives up the past if the store was set back to a time before the life of this process", () => {
    const begun = lifeIn("1", NEW, 1, 5);
    const seen = seenIn(begun, 8);
    expect(lifeIn("2", NEW, 1, 5, seen).former).toEqual([]);
    // Even if that life had given up the past itself: given up positions do not become valid again.
    expect(lifeIn("2", NEW, 1, 9, seenIn(lifeIn("1", NEW, 1, 5, seenIn(NEW, 6)), 5)).former).toEqual([]);
    // Another process, which did not know that life, has begun one in the store.
    const other = lifeIn("2", NEW, 1, 5);
    const again = lifeIn("2", other, 1, 5, seen);
    expect(again).not.toBe(other);
    expect(again.former).toEqual([]);
    expect(lifeIn("2", again, 1, 5, seen)).toBe(again);
    // No loss: every entry that this process has seen is still there.
    expect(lifeIn("2", NEW, 1, 5, seenIn(begun, 5)).former).toEqual([[NEW.epoch, 5]]);
    // No loss: the entries it has seen were trimmed since.
    const third = lifeIn("2", begun, 20, 30);
    expect(lifeIn("2", third, 20, 30, seenIn(NEW, 4))).toBe(third);
  });

  it("gives up the past if the store has a life again that this process saw end", () => {
    const emptied = lifeIn("0", undefined, 1, 0);
    const restored = lifeIn("0", NEW, 1, 9, seenIn(emptied, 0, NEW.epoch));
    expect(restored).toMatchObject({ former: [], lostAfter: 9 });
    expect([NEW.epoch, emptied.epoch]).not.toContain(restored.epoch);
    // The other processes accept the new life.
    expect(lifeIn("0", restored, 1, 9, seenIn(emptied, 0, NEW.epoch))).toBe(restored);
  });

  it("gives up the past if another process continued a life whose positions this process saw become void", () => {
    const emptied = lifeIn("0", undefined, 1, 0);
    const seen = seenIn(emptied, 0, NEW.epoch);
    // An older copy was restored, and a new process looked first.
    const continued = lifeIn("1", NEW, 1, 9);
    expect(holds(continued, NEW.epoch)).toBe(9);
    const again = lifeIn("1", continued, 1, 9, seen);
    expect(again).toMatchObject({ former: [], lostAfter: 9 });
    expect(lifeIn("1", again, 1, 9, seen)).toBe(again);
  });

  it("gives up the past in another timeline, unless this process knew the log before the store went back", () => {
    const [before, now] = ["a", "b"].map((timeline) => ({ run: "0", first: 1, last: 9, timeline }));
    const kept = currentLife(before!, undefined);
    expect(currentLife(before!, kept)).toBe(kept);
    const next = currentLife(now!, kept);
    expect(next).toMatchObject({ former: [], lostAfter: 9, timeline: "b" });
    expect(currentLife(now!, next)).toBe(next);
    expect(currentLife(now!, kept, { ...seenIn(kept, 9), isSure: false }).former).toEqual([]);
    expect(currentLife(now!, kept, seenIn(kept, 9))).toMatchObject({ former: [[kept.epoch, 9]], timeline: "b" });
    expect(currentLife(now!, kept, seenIn(kept, 10)).former).toEqual([]);
    // A life of an earlier version names no timeline.
    expect(currentLife(now!, NEW)).toBe(NEW);
  });

  it("never returns to an epoch that this process saw end, even if nothing is lost", () => {
    const begun = lifeIn("1", NEW, 1, 5);
    const back = lifeIn("0", NEW, 1, 7, seenIn(begun, 5));
    expect(back.epoch).not.toBe(NEW.epoch);
    expect(back.former).toEqual([[NEW.epoch, 7]]);
  });

  it("gives up the past if the store contradicts what this process saw in the same epoch", () => {
    expect(lifeIn("0", NEW, 1, 9, seenIn(NEW, 9, NEW.epoch))).toMatchObject({ former: [], lostAfter: 9 });
    // Another process has already begun a new life.
    const begun = lifeIn("0", NEW, 1, 9, seenIn(NEW, 9, NEW.epoch));
    expect(lifeIn("0", begun, 1, 12, seenIn(NEW, 9, NEW.epoch))).toBe(begun);
  });

  it("remembers after which entry the log last lost something", () => {
    expect(NEW.lostAfter).toBe(0);
    const lost = lifeIn("1", NEW, 1, 8, seenIn(NEW, 9));
    expect(lost.lostAfter).toBe(8);
    expect(lifeIn("2", lost, 1, 12).lostAfter).toBe(8);
  });

  it("remembers the 64 newest earlier lives", () => {
    let life = NEW;
    const epochs = [life.epoch];
    for (let run = 1; run <= 70; run++) epochs.push((life = lifeIn(`${run}`, life, 1, run)).epoch);
    expect(life.former.map(([epoch]) => epoch)).toEqual(epochs.slice(6, 70).reverse());
  });

  it("holds of each earlier life no more than every life since has kept", () => {
    const lasts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
    const property = fc.property(lasts, (ends) => {
      const lives = [NEW];
      for (const [i, end] of ends.entries()) lives.push(lifeIn(`${i + 1}`, lives[i], 1, end));
      const newest = lives[lives.length - 1]!;
      for (const [i, { epoch }] of lives.slice(0, -1).entries())
        expect(holds(newest, epoch)).toBe(Math.min(...ends.slice(i)));
    });
    fc.assert(property);
  });

  it("loses nothing that a process had seen in a life that was deleted, unless that life goes on", async () => {
    const seen = { ...seenIn(NEW, 9), isSure: false };
    const made = lifeIn("1", lifeIn("0", undefined, 1, 0), 1, 3);
    const later = lifeIn("1", NEW, 1, 9);
    const wasDeleted = async (epoch: string) => epoch === NEW.epoch;
    expect(lifeIn("1", made, 1, 3, seen).former).toEqual([]);
    const since = await seenSinceDeletion(seen, made, wasDeleted);
    expect(since).toEqual({ epoch: "", offset: 0, former: [], ended: new Set([NEW.epoch]), isSure: false });
    expect(lifeIn("1", made, 1, 3, since)).toBe(made);
    for (const life of [NEW, later]) expect(await seenSinceDeletion(seen, life, wasDeleted)).toBe(seen);
    expect(await seenSinceDeletion(seen, made, async () => false)).toBe(seen);
  });

  it("is parsed from JSON unchanged, and is undefined if there is no text", () => {
    const life = lifeIn("1", NEW, 1, 9);
    expect(parseLife(JSON.stringify(life))).toEqual(life);
    expect(parseLife(JSON.stringify({ ...life, more: 1 }))).toEqual(life);
    expect(parseLife(JSON.stringify({ ...life, timeline: "a" }))).toEqual({ ...life, timeline: "a" });
    for (const nothing of [null, undefined, ""]) expect(parseLife(nothing)).toBeUndefined();
  });
});
