import { expect, it } from "vitest";
import type { LogEntry } from "../../../../src/logs/log.ts";
import { AcknowledgedEntries } from "../../../../src/logs/nats/append/acknowledged-entries.ts";
import { HeldBytes } from "../../../../src/logs/shared/bounds/held-bytes.ts";

const LIMIT = 1_000_000;

function entry(offset: number, data: string): LogEntry {
  return { offset, time: 0, type: "n", data, json: false };
}

it("differ from a delivered entry if NATS acknowledged another one at its offset", () => {
  const entries = new AcknowledgedEntries(new HeldBytes());
  entries.add(entry(1, "a"));
  entries.add(entry(2, "b"));
  expect(entries.differFrom([entry(1, "a")])).toBe(false);
  expect(entries.differFrom([entry(1, "a"), entry(2, "other")])).toBe(true);
  entries.forgetThrough(2);
  expect(entries.differFrom([entry(2, "other")])).toBe(false);
});

it("have a bounded number of bytes over all channels, and none once they are delivered or their log closes", () => {
  const held = new HeldBytes(LIMIT);
  const channels = Array.from({ length: 40 }, () => new AcknowledgedEntries(held));
  for (const entries of channels)
    for (let offset = 1; offset <= 20; offset++) entries.add(entry(offset, "x".repeat(10_000)));
  expect(held.bytes).toBeGreaterThan(LIMIT / 2);
  expect(held.bytes).toBeLessThanOrEqual(LIMIT);
  for (const [i, entries] of channels.entries()) {
    if (i % 2 === 0) entries.forgetThrough(20);
    else entries.clear();
  }
  expect(held.bytes).toBe(0);
});
