import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SteadyClock } from "../../../server/auth/steady-clock.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "performance"] }));
afterEach(() => void vi.useRealTimers());

const HOUR = 3_600_000;

it("shows the time of the wall clock", () => {
  const clock = new SteadyClock();
  const start = Date.now();
  expect(clock.now()).toBe(start);
  vi.advanceTimersByTime(1_000);
  expect(clock.now()).toBe(start + 1_000);
  expect(clock.toWallClock(start + 5_000)).toBe(start + 5_000);
});

it("follows a wall clock that is set forward", () => {
  const clock = new SteadyClock();
  vi.setSystemTime(Date.now() + HOUR);
  expect(clock.now()).toBe(Date.now());
});

it("goes on when the wall clock is set back, also after it was set forward", () => {
  const clock = new SteadyClock();
  vi.setSystemTime(Date.now() + HOUR);
  const later = clock.now();
  vi.setSystemTime(Date.now() - 3 * HOUR);
  expect(clock.now()).toBe(later);
  vi.advanceTimersByTime(1_000);
  expect(clock.now()).toBe(later + 1_000);
  expect(clock.toWallClock(later + 5_000)).toBe(Date.now() + 4_000);
});
