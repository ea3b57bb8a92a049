import { describe, expect, it } from "vitest";
import { check } from "../../checker/check.mjs";
import type { FollowerHistory } from "../../history.mjs";
import { MadeRound, NODE } from "../support/made-round.ts";

const UNKNOWN: FollowerHistory = { answers: [200, 404], ends: [], gaps: 1 };
const ended = (...ends: string[]): FollowerHistory => ({ answers: [200, 204], ends, gaps: 1 });

describe("the checker of jobs", () => {
  it("accepts a job that ends twice or is unknown if the log lost it, but not one that begins after the loss", () => {
    const round = new MadeRound({ storeLostData: true });
    round.history.addJob(NODE).followers.push(ended("failed", "completed"), ended("completed"), UNKNOWN);
    round.loseData();
    expect(round.violations()).toEqual([]);
    round.history.addJob(NODE).followers.push(UNKNOWN);
    expect(round.violations()).toEqual(["job"]);
  });

  it("accepts a gap in a job if a node notices only then that the log has lost events, and no other gap", () => {
    const round = new MadeRound({ storeLostData: true });
    round.loseData();
    round.history.addJob(NODE).followers.push(ended("completed"));
    expect(round.violations()).toEqual(["job"]);
    round.history.addLife("two", { one: 5 }, NODE);
    expect(round.violations()).toEqual(["job"]);
    round.history.addLife("three", { one: -1, two: -1 }, NODE);
    expect(round.violations()).toEqual([]);
  });

  it("accepts a job that is unknown if the log trimmed it", () => {
    const round = new MadeRound({ retained: 0 });
    round.publish("one-1");
    round.history.addJob(NODE).followers.push(ended("completed"), UNKNOWN);
    expect(round.violations()).toEqual([]);
  });

  it.each([
    ["never ended for a follower", [{ answers: [200], ends: [] }]],
    ["ended twice", [{ answers: [200, 204], ends: ["failed", "completed"] }]],
    ["opened again after its end", [{ answers: [200, 200], ends: ["failed"] }]],
    ["was unknown to a follower", [{ answers: [200, 404], ends: [] }]],
    [
      "ended differently for two followers",
      [
        { answers: [200, 204], ends: ["failed"] },
        { answers: [200, 204], ends: ["completed"] },
      ],
    ],
  ])("finds a job that %s", (_, followers) => {
    const round = new MadeRound();
    const good = { answers: [503, 200, 204], ends: ["completed"], gaps: 0 };
    round.history.addJob(NODE).followers.push(good, { ...good });
    expect(check(round.history)).toMatchObject({ jobs: 1, violations: [] });
    round.history.addJob(NODE).followers.push(...followers.map((follower) => ({ ...follower, gaps: 0 })));
    expect(round.violations()).toContain("job");
  });
});
