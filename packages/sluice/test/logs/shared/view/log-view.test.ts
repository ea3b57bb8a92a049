import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../../src/logs/log.ts";
import { currentLife } from "../../../../src/logs/shared/life/life.ts";
import { BRIEF_CHARS } from "../../../../src/logs/shared/view/brief-entry.ts";
import { LogView } from "../../../../src/logs/shared/view/log-view.ts";

const LIFE = currentLife({ run: "0", first: 1, last: 0 }, undefined);

function entries(from: number, through: number): LogEntry[] {
  return Array.from({ length: through - from + 1 }, (_, i) => ({
    offset: from + i,
    time: 0,
    type: "n",
    data: `${from + i}`,
    json: true,
  }));
}

/** A view of a log with the entries up to `last`, and everything that its listener receives. */
function openView(last = 0, first = 1) {
  const view = new LogView(LIFE, first, last);
  const received: string[] = [];
  const stop = view.tail({
    appended: (added) => {
      // The end moves after the listener has received the entries.
      expect(view.last).toBe(added[0]!.offset - 1);
      received.push(`appended ${added.map(({ offset }) => offset)}`);
    },
    trimmed: (before) => received.push(`trimmed ${before}`),
    reset: () => received.push(`reset ${view.first} ${view.last}`),
  });
  return { view, received, stop };
}

describe("entries", () => {
  it("arrive once, no matter whether an append or a read brings them first", () => {
    const { view, received } = openView();
    view.appended(entries(1, 2));
    view.receive(entries(1, 4));
    view.appended(entries(3, 5));
    view.receive(entries(2, 5));
    expect(received).toEqual(["appended 1,2", "appended 3,4", "appended 5"]);
    expect(view.last).toBe(5);
  });

  it("leave only the beginning of the newest one in memory while the process catches up", () => {
    const { view } = openView();
    const data = "x".repeat(65_536);
    const [first, second] = entries(1, 2).map((entry) => ({ ...entry, data }));
    view.receive([first!], true);
    expect(view.newest).toEqual({ ...first, data: data.slice(0, BRIEF_CHARS) });
    view.receive([second!]);
    expect(view.newest).toBe(second);
  });

  it("that this process appended wait for earlier entries of other processes", () => {
    const { view, received } = openView(2);
    view.appended(entries(5, 6));
    expect(received).toEqual([]);
    view.receive(entries(3, 6));
    expect(received).toEqual(["appended 3,4,5,6"]);
  });

  it("that were acknowledged count as seen before they arrive, and in each life that kept them", () => {
    const { view, received } = openView(2);
    view.appended(entries(5, 6));
    expect(view.seen).toMatchObject({ epoch: LIFE.epoch, offset: 6 });
    // Another process has appended an entry with the same own ID, at offset 8.
    view.acknowledged(8);
    expect(view.seen).toMatchObject({ epoch: LIFE.epoch, offset: 8 });
    const kept = currentLife({ run: "1", first: 1, last: 8 }, LIFE);
    view.enterLife(kept, 1, 8);
    expect(view.seen).toMatchObject({ epoch: kept.epoch, offset: 8 });
    const lost = currentLife({ run: "2", first: 1, last: 7 }, kept, view.seen);
    view.enterLife(lost, 1, 7);
    expect(view.seen).toMatchObject({ epoch: lost.epoch, offset: 7 });
    expect(received).toEqual(["reset 1 2", "reset 1 7"]);
  });

  it("that were trimmed before they arrived are reported as trimmed", () => {
    const { view, received } = openView(2);
    view.receive(entries(8, 9));
    expect(received).toEqual(["trimmed 8", "appended 8,9"]);
    expect(view).toMatchObject({ first: 8, last: 9 });
  });

  it("arrive in order, each once, however appends and reads overlap", () => {
    const step = fc.record({ own: fc.boolean(), from: fc.nat(30), count: fc.nat(10) });
    const property = fc.property(fc.array(step), (steps) => {
      const view = new LogView(LIFE, 1, 0);
      const received: number[] = [];
      const appended = (added: readonly LogEntry[]) => received.push(...added.map(({ offset }) => offset));
      view.tail({ appended, trimmed: () => undefined, reset: () => undefined });
      for (const { own, from, count } of steps) {
        const brought = entries(Math.min(from, view.last) + 1, Math.min(from, view.last) + count);
        if (own) view.appended(brought);
        else view.receive(brought);
      }
      expect(received).toEqual(Array.from({ length: view.last }, (_, i) => i + 1));
    });
    fc.assert(property);
  });
});

describe("a trim", () => {
  it("is reported once, and never undone", () => {
    const { view, received } = openView(9);
    view.trimmed(4);
    view.trimmed(4);
    view.trimmed(2);
    expect(received).toEqual(["trimmed 4"]);
    expect(view).toMatchObject({ first: 4, last: 9 });
  });

  it("beyond the last known entry moves the end to right before it", () => {
    const { view, received } = openView(9);
    view.trimmed(20);
    expect(received).toEqual(["trimmed 20"]);
    expect(view).toMatchObject({ first: 20, last: 19 });
  });
});

describe("entering a life", () => {
  it("changes only the beginning if the view is in that life already", () => {
    const { view, received } = openView(9);
    view.enterLife(LIFE, 3, 20);
    expect(received).toEqual(["trimmed 3"]);
    expect(view).toMatchObject({ epoch: LIFE.epoch, first: 3, last: 9 });
  });

  it("changes only the epoch if the life kept every known entry", () => {
    const { view, received } = openView(9);
    const next = currentLife({ run: "1", first: 1, last: 12 }, LIFE);
    view.enterLife(next, 1, 15);
    view.receive(entries(10, 15));
    expect(received).toEqual(["reset 1 9", "appended 10,11,12,13,14,15"]);
    expect(view).toMatchObject({ epoch: next.epoch, first: 1, last: 15 });
    expect(view.holds(LIFE.epoch)).toBe(12);
  });

  it("adopts the ends of the log if the life lost some known entries", () => {
    const { view, received } = openView(9, 3);
    const next = currentLife({ run: "1", first: 4, last: 7 }, LIFE);
    view.enterLife(next, 4, 8);
    expect(received).toEqual(["reset 4 8"]);
    expect(view).toMatchObject({ epoch: next.epoch, first: 4, last: 8 });
    expect(view.holds(LIFE.epoch)).toBe(7);
  });

  it("adopts the ends of the log if it is another log, even a longer one", () => {
    const { view, received } = openView(9);
    view.enterLife(currentLife({ run: "1", first: 1, last: 0 }, undefined), 2, 30);
    expect(received).toEqual(["reset 2 30"]);
    expect(view.holds(LIFE.epoch)).toBeUndefined();
  });

  it("reports the reset and a trim of entries that never arrived", () => {
    const { view, received } = openView(9);
    view.enterLife(currentLife({ run: "1", first: 1, last: 30 }, LIFE), 21, 30);
    expect(received).toEqual(["reset 1 9", "trimmed 21"]);
    expect(view).toMatchObject({ first: 21, last: 20 });
  });
});

it("passes nothing to a stopped listener, and stopping it does not stop its successor", () => {
  const { view, received, stop } = openView();
  const later: number[] = [];
  const stopLater = view.tail({
    appended: (added) => later.push(added.length),
    trimmed: () => undefined,
    reset: () => undefined,
  });
  stop();
  view.receive(entries(1, 2));
  stopLater();
  view.receive(entries(3, 4));
  expect({ received, later }).toEqual({ received: [], later: [2] });
  expect(view.last).toBe(4);
});
