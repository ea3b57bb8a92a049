import { vi } from "vitest";

const FAKED = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"] as const;

/**
 * Stops the clock: it then moves only by `vi.advanceTimersByTime`. Sockets and event-loop turns are not affected.
 * Declare it after everything whose disposal needs a running clock: `await using site = …; using _clock = stopClock();`
 */
export function stopClock(): Disposable {
  vi.useFakeTimers({ toFake: [...FAKED] });
  return { [Symbol.dispose]: () => void vi.useRealTimers() };
}
