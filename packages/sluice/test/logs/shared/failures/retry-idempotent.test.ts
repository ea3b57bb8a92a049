import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { retryIdempotent } from "../../../../src/logs/shared/failures/retry-idempotent.ts";

const TIMEOUT_MS = 1_000;

describe("retryIdempotent", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const timeoutError = () => new Error("late");

  it("repeats the work while it returns undefined, with the pauses asked for", async () => {
    const startedAt: number[] = [];
    const begin = Date.now();
    const result = retryIdempotent(
      { timeout: TIMEOUT_MS, timeoutError, pause: (attempts) => attempts * 10 },
      async () => {
        startedAt.push(Date.now() - begin);
        return startedAt.length < 4 ? undefined : "done";
      },
    );
    await vi.advanceTimersByTimeAsync(100);
    expect(await result).toBe("done");
    expect(startedAt).toEqual([0, 10, 30, 60]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("takes null for a result", async () => {
    expect(await retryIdempotent({ timeout: TIMEOUT_MS, timeoutError }, async () => null)).toBeNull();
  });

  it("rejects with an error of the work, and does not repeat the work", async () => {
    const work = vi.fn(async () => {
      throw new Error("broken");
    });
    await expect(retryIdempotent({ timeout: TIMEOUT_MS, timeoutError }, work)).rejects.toThrow("broken");
    expect(work).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects at the time limit while an attempt runs, and begins no attempt afterwards", async () => {
    let finish: (result: undefined) => void = () => undefined;
    const work = vi.fn(() => new Promise<undefined>((resolve) => void (finish = resolve)));
    const rejected = expect(retryIdempotent({ timeout: TIMEOUT_MS, timeoutError }, work)).rejects.toThrow("late");
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    await rejected;
    finish(undefined);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it("begins no attempt after a pause that the time limit ended", async () => {
    const work = vi.fn(async () => undefined);
    const options = { timeout: TIMEOUT_MS, timeoutError, pause: () => TIMEOUT_MS * 0.6 };
    const rejected = expect(retryIdempotent(options, work)).rejects.toThrow("late");
    await vi.advanceTimersByTimeAsync(3 * TIMEOUT_MS);
    await rejected;
    expect(work).toHaveBeenCalledTimes(2);
  });
});
