import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startAgeChecks } from "../../../src/logs/shared/age-checks.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([
  ["ten times within the age", 5_000, 5_000, 10],
  ["every minute if the age is longer than ten minutes", 86_400_000, 180_000, 3],
  ["every millisecond if the age is shorter than ten", 1, 20, 20],
  ["never if there is no limit of age", Number.POSITIVE_INFINITY, 86_400_000, 0],
])("checks %s", (_, age, ms, checks) => {
  const check = vi.fn();
  const stop = startAgeChecks(age, check);
  vi.advanceTimersByTime(ms);
  expect(check).toHaveBeenCalledTimes(checks);
  stop();
});

it("checks no more after it was stopped", () => {
  const check = vi.fn();
  const stop = startAgeChecks(1_000, check);
  stop();
  vi.advanceTimersByTime(10_000);
  expect(check).not.toHaveBeenCalled();
});
