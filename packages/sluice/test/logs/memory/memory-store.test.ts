import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { NewEntry } from "../../../src/logs/log.ts";
import { MemoryStore } from "../../../src/logs/memory/memory-store.ts";

const KEEP = { events: 10, bytes: 1e6, age: Number.POSITIVE_INFINITY };
const entry: NewEntry = { type: "n", data: "1", json: true };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("keeps the entries of a closed channel", async () => {
  const store = new MemoryStore();
  const log = store.open("doc", KEEP);
  await log.append([entry]);
  await log.close();
  expect(store.closed).toBe(1);
  expect(store.open("doc", KEEP)).toMatchObject({ epoch: log.epoch, first: 1, last: 1 });
  expect(store.closed).toBe(0);
});

it("trims a closed channel by age, and then remembers only its position", async () => {
  const store = new MemoryStore();
  const log = store.open("doc", { ...KEEP, age: 1_000 });
  await log.append([entry]);
  await log.close();
  vi.advanceTimersByTime(1_200);
  expect(log).toMatchObject({ first: 2, last: 1 });
  expect(vi.getTimerCount()).toBe(0);
  expect(store.open("doc", KEEP)).toMatchObject({ epoch: log.epoch, first: 2, last: 1 });
});

it("has one timer for all channels that trim by the same age", () => {
  const store = new MemoryStore();
  for (let i = 0; i < 100; i++) store.open(`doc:${i}`, { ...KEEP, age: 60_000 });
  expect(vi.getTimerCount()).toBe(1);
  void store.close();
  expect(vi.getTimerCount()).toBe(0);
});

it("remembers at most 1,000 closed channels without events, however many names were used", async () => {
  const store = new MemoryStore();
  const epochs: string[] = [];
  for (let i = 0; i < 5_000; i++) {
    const log = store.open(`doc:${i}`, KEEP);
    epochs.push(log.epoch);
    await log.close();
  }
  expect(store.closed).toBe(1_000);
  expect(store.open("doc:4999", KEEP).epoch).toBe(epochs[4_999]);
  expect(store.open("doc:0", KEEP).epoch).not.toBe(epochs[0]);
});
