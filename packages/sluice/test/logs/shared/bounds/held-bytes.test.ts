import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../../src/logs/log.ts";
import { HeldBytes } from "../../../../src/logs/shared/bounds/held-bytes.ts";
import { currentLife } from "../../../../src/logs/shared/life/life.ts";
import { LogView } from "../../../../src/logs/shared/view/log-view.ts";

const LIFE = currentLife({ run: "0", first: 1, last: 0 }, undefined);
const DATA = "x".repeat(10_000);
/** Room for the data of nine entries, with their overhead. */
const LIMIT = 100_000;
const CHANNELS = 50;

/** Entries of one append. */
function append(count: number): LogEntry[] {
  return Array.from({ length: count }, (_, i) => {
    return { offset: i + 1, time: 0, type: "n", data: DATA, json: false, more: count - 1 - i || undefined };
  });
}

/** Views of many channels of a log that holds no more than {@link LIMIT} bytes, and the calls of each listener. */
function openViews() {
  const held = new HeldBytes(LIMIT);
  const views = Array.from({ length: CHANNELS }, () => {
    const view = new LogView(LIFE, 1, 0, held);
    const calls: number[][] = [];
    const stop = view.tail({
      appended: (added) => calls.push(added.map(({ offset }) => offset)),
      trimmed: () => undefined,
      reset: () => undefined,
    });
    return { view, calls, stop };
  });
  return { held, views };
}

describe("entries that wait for the rest of their append", () => {
  it("have a bounded number of bytes over all channels, and arrive in order, each once", () => {
    const { held, views } = openViews();
    for (const { view } of views) view.receive(append(4).slice(0, 2));
    expect(held.bytes).toBeGreaterThan(0);
    expect(held.bytes).toBeLessThanOrEqual(LIMIT);
    for (const { view } of views) view.receive(append(4).slice(2));
    expect(held.bytes).toBe(0);
    for (const { calls } of views) expect(calls.flat()).toEqual([1, 2, 3, 4]);
    // The first channels waited, and the others did without.
    expect(views[0]!.calls).toEqual([[1, 2, 3, 4]]);
    expect(views.at(-1)!.calls).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("leave their room to other channels if the channel closes, trims them, or enters another life", () => {
    const { held, views } = openViews();
    for (const { view, stop } of views) {
      for (const end of [
        () => view.trimmed(3),
        () => view.enterLife(currentLife({ run: "1", first: 1, last: 0 }, undefined), 1, 0),
        stop,
      ]) {
        const first = view.last + 1;
        view.receive(
          append(4)
            .map((entry) => ({ ...entry, offset: entry.offset + first - 1 }))
            .slice(0, 2),
        );
        end();
      }
    }
    expect(held.bytes).toBe(0);
  });
});

it("a holder may always hold less than before, and never more than the limit", () => {
  const held = new HeldBytes(100);
  expect(held.replace(0, 100)).toBe(true);
  expect(held.replace(0, 1)).toBe(false);
  expect(held.replace(100, 101)).toBe(false);
  expect(held.bytes).toBe(100);
  expect(held.replace(100, 40)).toBe(true);
  expect(held.replace(0, 60)).toBe(true);
  expect(held.bytes).toBe(100);
});
