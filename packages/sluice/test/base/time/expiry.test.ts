import { expect, it, vi } from "vitest";
import { expiryAt, timeLeft } from "../../../src/base/time/expiry.ts";
import { stopClock } from "../../support/clocks/clock.ts";

it("the time left of an expiry is that of the clock closer to it", () => {
  using _clock = stopClock();
  const expiry = expiryAt(Date.now() + 10_000);
  expect(timeLeft(expiry)).toBe(10_000);
  vi.advanceTimersByTime(1_000);
  expect(timeLeft(expiry)).toBe(9_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  expect(timeLeft(expiry)).toBe(9_000 - 3_600_000);
  vi.setSystemTime(Date.now() - 2 * 3_600_000);
  expect(timeLeft(expiry)).toBe(9_000);
  vi.advanceTimersByTime(9_000);
  expect(timeLeft(expiry)).toBe(0);
});

it("an expiry may be never, or in the past", () => {
  expect(timeLeft(expiryAt(Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY);
  expect(timeLeft(expiryAt(0))).toBeLessThan(0);
});
