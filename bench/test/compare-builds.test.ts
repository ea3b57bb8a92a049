import { describe, expect, it } from "vitest";
import { compareBuilds, spreadAgainstItself, TOLERANCE } from "../against/compare-builds.mjs";

describe("spreadAgainstItself", () => {
  it("is 1 to 1 if both runs of each round are equal", () => {
    expect(spreadAgainstItself([10, 11, 9, 10, 12], [10, 11, 9, 10, 12])).toEqual({ least: 1, most: 1 });
  });

  it("lies between the extreme ratios of the rounds, around 1", () => {
    const { least, most } = spreadAgainstItself([100, 102, 99, 101, 100], [103, 100, 100, 105, 98]);
    expect(most).toBeGreaterThan(1.01);
    expect(most).toBeLessThan(105 / 98);
    expect(least).toBeCloseTo(1 / most, 3);
  });

  it("does not depend on which run came first", () => {
    const [first, second] = [
      [10, 10.4, 9.9, 10.1, 10.2],
      [10.3, 10, 10.1, 9.8, 10.4],
    ];
    expect(spreadAgainstItself(first, second).most).toBeCloseTo(spreadAgainstItself(second, first).most, 2);
  });

  it("is wide if the runs of most rounds differ, even if those of the middle round are equal", () => {
    const { most } = spreadAgainstItself([80, 90, 100, 110, 120], [88, 99, 100, 121, 132]);
    expect(most).toBeGreaterThan(1.05);
  });

  it("gets narrower with more rounds", () => {
    const repeat = (values: number[], times: number): number[] => Array.from({ length: times }, () => values).flat();
    const [first, second] = [
      [100, 101, 99, 104, 100],
      [103, 98, 101, 100, 105],
    ];
    const few = spreadAgainstItself(first, second);
    const many = spreadAgainstItself(repeat(first, 4), repeat(second, 4));
    expect(many.most - 1).toBeLessThan((few.most - 1) * 0.75);
  });
});

describe("compareBuilds", () => {
  const base = [100, 101, 99, 100, 102];
  const baseAgain = [101, 100, 100, 99, 101];

  it("divides the median of this tree by the median of all runs of the commit", () => {
    const { ratio } = compareBuilds({ current: [90, 80, 85, 300, 10], base, baseAgain });
    expect(ratio).toBeCloseTo(85 / 100, 10);
  });

  it("reports a figure as worse if the ratio exceeds the spread by more than the tolerance", () => {
    const { spread, limit } = compareBuilds({ current: base, base, baseAgain });
    expect(spread.most).toBeGreaterThan(1);
    expect(limit).toBeCloseTo(spread.most + TOLERANCE, 10);
    const currentOf = (ratio: number): number[] => base.map(() => 100 * ratio);
    expect(compareBuilds({ current: currentOf(limit - 0.001), base, baseAgain }).isWorse).toBe(false);
    expect(compareBuilds({ current: currentOf(limit + 0.001), base, baseAgain }).isWorse).toBe(true);
  });

  it("accepts a greater ratio if the commit differs more from itself", () => {
    const current = base.map((value) => value * 1.1);
    expect(compareBuilds({ current, base, baseAgain }).isWorse).toBe(true);
    expect(compareBuilds({ current, base, baseAgain: base.map((value) => value * 1.2) }).isWorse).toBe(false);
  });

  it("never reports a lower figure as worse", () => {
    expect(compareBuilds({ current: [50, 50, 50, 50, 50], base, baseAgain }).isWorse).toBe(false);
  });

  it("throws if a value is missing, zero or negative", () => {
    for (const value of [Number.NaN, 0, -3]) {
      expect(() => compareBuilds({ current: [100, 100, value, 100, 100], base, baseAgain })).toThrow(
        `expected positive values, but measured ${value}`,
      );
    }
  });
});
