import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CloseReaders } from "../../../../src/channel/read/live/close-readers.ts";

describe("CloseReaders", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const counting = () => {
    const readers = new CloseReaders();
    readers.isCounting = true;
    return readers;
  };

  /** Adds readers, and records when they have taken the flush. */
  const waitFor = (readers: CloseReaders, ...added: object[]) => {
    for (const reader of added) readers.add(reader);
    const state = { isTaken: false };
    void readers.taken()?.then(() => {
      state.isTaken = true;
    });
    return state;
  };

  it("resolves when the last reader has taken the flush", async () => {
    const readers = counting();
    const [a, b] = [{}, {}];
    const state = waitFor(readers, a, b);
    readers.delete(a);
    await vi.advanceTimersByTimeAsync(0);
    expect(state.isTaken).toBe(false);
    readers.delete(b);
    await vi.advanceTimersByTimeAsync(0);
    expect(state.isTaken).toBe(true);
    expect(readers.taken()).toBeUndefined();
  });

  it("waits for a bounded time, and then forgets the readers that are left", async () => {
    const readers = counting();
    const state = waitFor(readers, {});
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.isTaken).toBe(true);
    expect(readers.size).toBe(0);
  });

  it("records no reader while nothing is counted", () => {
    const readers = new CloseReaders();
    readers.add({});
    expect(readers.taken()).toBeUndefined();
  });
});
