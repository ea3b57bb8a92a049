import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AgeTimers, startAgeChecks } from "../../../src/logs/shared/age-checks.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The newest entry, in one life of the log. */
const atLife =
  (last: number, epoch = "one") =>
  () => ({ epoch, last });

it.each([
  ["ten times within the age", 5_000, 5_000, 10],
  ["every minute if the age is longer than ten minutes", 86_400_000, 180_000, 3],
  ["every millisecond if the age is shorter than ten", 1, 20, 20],
  ["never if there is no limit of age", Number.POSITIVE_INFINITY, 86_400_000, 0],
])("checks %s", (_, age, ms, checks) => {
  const check = vi.fn();
  const stop = startAgeChecks({ age, timers: new AgeTimers() }, atLife(0), check);
  vi.advanceTimersByTime(ms);
  expect(check).toHaveBeenCalledTimes(checks);
  stop();
});

it("checks no more after it was stopped", () => {
  const check = vi.fn();
  const stop = startAgeChecks({ age: 1_000, timers: new AgeTimers() }, atLife(0), check);
  stop();
  vi.advanceTimersByTime(10_000);
  expect(check).not.toHaveBeenCalled();
});

it("checks many channels in parts, all within the interval", () => {
  const timers = new AgeTimers();
  const check = vi.fn();
  const stops = Array.from({ length: 1_000 }, () => startAgeChecks({ age: 10_000, timers }, atLife(0), check));
  vi.advanceTimersByTime(1_000);
  expect(check).toHaveBeenCalledTimes(256);
  stops.at(-1)!();
  vi.advanceTimersByTime(999);
  expect(check).toHaveBeenCalledTimes(999);
  for (const stop of stops) stop();
});

describe("the monotonic clock", () => {
  /** Runs checks for `ms`, and returns the offsets through which entries are too old. */
  function run(age: number, end: () => { epoch: string; last: number }) {
    const found: number[] = [];
    const stop = startAgeChecks({ age, timers: new AgeTimers() }, end, (through) => through > 0 && found.push(through));
    return { found, stop };
  }

  it("shows which entries are older than the age, within two tenths of it", () => {
    let last = 3;
    const { found, stop } = run(1_000, () => atLife(last)());
    vi.advanceTimersByTime(500);
    last = 5;
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(599);
    expect(found).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(found).toEqual([3]);
    vi.advanceTimersByTime(600);
    expect(found.at(-1)).toBe(5);
    stop();
  });

  it("does not count for entries of another life of the log", () => {
    let end = atLife(3);
    const { found, stop } = run(1_000, () => end());
    vi.advanceTimersByTime(500);
    end = atLife(3, "two");
    vi.advanceTimersByTime(1_099);
    expect(found).toEqual([]);
    vi.advanceTimersByTime(101);
    expect(found).toEqual([3]);
    stop();
  });

  it("needs few marks, however long the age", () => {
    let last = 0;
    const day = 86_400_000;
    const { found, stop } = run(10 * day, () => atLife(++last)());
    vi.advanceTimersByTime(30 * day);
    // Ten or eleven marks for each ten days.
    expect(found.length).toBeGreaterThan(15);
    expect(found.length).toBeLessThan(42);
    stop();
  });
});

it("share one timer for each interval, and need none after the last has stopped", () => {
  const timers = new AgeTimers();
  const checks = [vi.fn(), vi.fn(), vi.fn()];
  const ages = [1_000, 1_000, 5_000];
  const stops = checks.map((check, i) => startAgeChecks({ age: ages[i]!, timers }, atLife(0), check));
  expect(vi.getTimerCount()).toBe(2);
  stops[0]!();
  vi.advanceTimersByTime(1_000);
  expect(checks.map(({ mock }) => mock.calls.length)).toEqual([0, 10, 2]);
  for (const stop of stops) stop();
  expect(vi.getTimerCount()).toBe(0);
});
