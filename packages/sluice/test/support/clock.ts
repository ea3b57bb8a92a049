import { vi } from "vitest";

const FAKED = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"] as const;

/**
 * From here on the clock moves only by `vi.advanceTimersByTime`; sockets and event-loop turns go on as ever. Declare it after what is to be
 * disposed of by a running clock: `await using site = …; using _clock = stopClock();`
 */
export function stopClock(): Disposable {
  vi.useFakeTimers({ toFake: [...FAKED] });
  return { [Symbol.dispose]: () => void vi.useRealTimers() };
}
