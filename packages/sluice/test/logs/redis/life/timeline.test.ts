import { describe, expect, it } from "vitest";
import { knownThrough, newTimeline, nextTimeline, parseTimeline } from "../../../../src/logs/redis/life/timeline.ts";

describe("a timeline", () => {
  it("knows everything of itself, and nothing of a timeline that it does not name", () => {
    const timeline = newTimeline();
    expect(knownThrough(timeline, timeline.id)).toBe(Number.POSITIVE_INFINITY);
    expect(knownThrough(timeline, newTimeline().id)).toBe(0);
    expect(knownThrough(timeline, undefined)).toBe(0);
  });

  it("knows earlier ones up to the visit to which Redis went back, however often it goes back", () => {
    const first = newTimeline();
    const second = nextTimeline(first, first, 40);
    expect(second.id).not.toBe(first.id);
    expect(knownThrough(second, first.id)).toBe(40);
    const third = nextTimeline(second, second, 25);
    expect([first, second].map(({ id }) => knownThrough(third, id))).toEqual([25, 25]);
    expect(knownThrough(nextTimeline(third, third, 60), first.id)).toBe(25);
  });

  it("names both the timeline that Redis has and the timeline that was lost", () => {
    const [found, known] = [newTimeline(), newTimeline()];
    const next = nextTimeline(found, known, 7);
    expect(next.former.map(([id]) => id).sort()).toEqual([found.id, known.id].sort());
    expect(nextTimeline(undefined, known, 0).former).toEqual([[known.id, 0]]);
  });

  it("survives storage as JSON", () => {
    const timeline = newTimeline([["a", 3]]);
    expect(parseTimeline(JSON.stringify(timeline))).toEqual(timeline);
    expect(parseTimeline("")).toBeUndefined();
  });
});
