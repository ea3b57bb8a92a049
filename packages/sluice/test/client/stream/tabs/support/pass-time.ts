import { vi } from "vitest";

/** The functions of time that tests of tabs replace. */
export const FAKED = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "performance",
  "Date",
] satisfies NonNullable<Parameters<typeof vi.useFakeTimers>[0]>["toFake"];

const STEP_MS = 50;
/** Turns after each step: enough for messages and their answers. */
const TURNS = 24;

/** Lets fake time pass, and the tasks of fake browsers run. */
export async function pass(ms: number): Promise<void> {
  for (let left = ms; left >= 0; left -= STEP_MS) {
    vi.advanceTimersByTime(Math.min(left, STEP_MS));
    for (let turn = 0; turn < (left > STEP_MS ? TURNS : 4); turn++)
      await new Promise<void>((resolve) => setImmediate(resolve));
    if (left === 0) return;
  }
}

/** Lets fake time pass until a condition holds. Throws if it does not within `ms`. */
export async function settle(isDone: () => boolean, ms: number, status: () => unknown): Promise<void> {
  for (let left = ms; !isDone(); left -= STEP_MS) {
    if (left < 0) throw new Error(`The condition does not hold: ${JSON.stringify(status())}`);
    await pass(STEP_MS);
  }
}
