import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogEntry } from "../../../src/logs/log.ts";
import { currentLife, type Life, type Seen } from "../../../src/logs/shared/life.ts";
import { LogView } from "../../../src/logs/shared/log-view.ts";

function lifeIn(run: string, kept: Life | undefined, first: number, last: number, seen?: Seen): Life {
  return currentLife({ run, first, last }, kept, seen);
}

const LIFE = lifeIn("0", undefined, 1, 0);

function entries(from: number, through: number): LogEntry[] {
  return Array.from({ length: through - from + 1 }, (_, i) => ({
    offset: from + i,
    time: 0,
    type: "n",
    data: `${from + i}`,
    json: true,
  }));
}

/** A log of which this process knows the entries up to `last`, and all that its listener hears. */
function knownLog(last = 0, first = 1) {
  const known = new LogView(LIFE, first, last);
  const heard: string[] = [];
  const stop = known.tail({
    appended: (added) => {
      // The end moves when the listener has been told, not before.
      expect(known.last).toBe(added[0]!.offset - 1);
      heard.push(`appended ${added.map(({ offset }) => offset)}`);
    },
    trimmed: (before) => heard.push(`trimmed ${before}`),
    reset: () => heard.push(`reset ${known.first} ${known.last}`),
  });
  return { known, heard, stop };
}

describe("entries", () => {
  test("are told once, whoever brings them first", () => {
    const { known, heard } = knownLog();
    known.appended(entries(1, 2));
    known.receive(entries(1, 4));
    known.appended(entries(3, 5));
    known.receive(entries(2, 5));
    expect(heard).toEqual(["appended 1,2", "appended 3,4", "appended 5"]);
    expect(known.last).toBe(5);
  });

  test("that this process appended after those of others wait until the others are known", () => {
    const { known, heard } = knownLog(2);
    known.appended(entries(5, 6));
    expect(heard).toEqual([]);
    known.receive(entries(3, 6));
    expect(heard).toEqual(["appended 3,4,5,6"]);
  });

  test("that were acknowledged are seen, before they are told, and in each life that kept them", () => {
    const { known, heard } = knownLog(2);
    known.appended(entries(5, 6));
    expect(known.seen).toMatchObject({ epoch: LIFE.epoch, offset: 6 });
    // One that another process had appended, under the same ID.
    known.acknowledged(8);
    expect(known.seen).toMatchObject({ epoch: LIFE.epoch, offset: 8 });
    const kept = lifeIn("1", LIFE, 1, 8);
    known.enterLife(kept, 1, 8);
    expect(known.seen).toMatchObject({ epoch: kept.epoch, offset: 8 });
    const lost = lifeIn("2", kept, 1, 7, known.seen);
    known.enterLife(lost, 1, 7);
    expect(known.seen).toMatchObject({ epoch: lost.epoch, offset: 7 });
    expect(heard).toEqual(["reset 1 2", "reset 1 7"]);
  });

  test("that were trimmed before they were seen are told as trimmed", () => {
    const { known, heard } = knownLog(2);
    known.receive(entries(8, 9));
    expect(heard).toEqual(["trimmed 8", "appended 8,9"]);
    expect(known).toMatchObject({ first: 8, last: 9 });
  });

  test("come in order, each once, however reading and appending overlap", () => {
    const step = fc.record({ own: fc.boolean(), from: fc.nat(30), count: fc.nat(10) });
    const property = fc.property(fc.array(step), (steps) => {
      const known = new LogView(LIFE, 1, 0);
      const heard: number[] = [];
      const listener = { appended: (added: readonly LogEntry[]) => heard.push(...added.map(({ offset }) => offset)) };
      known.tail({ ...listener, trimmed: () => undefined, reset: () => undefined });
      for (const { own, from, count } of steps) {
        const brought = entries(Math.min(from, known.last) + 1, Math.min(from, known.last) + count);
        if (own) known.appended(brought);
        else known.receive(brought);
      }
      expect(heard).toEqual(Array.from({ length: known.last }, (_, i) => i + 1));
    });
    fc.assert(property);
  });
});

describe("a trim", () => {
  test("is told once, and never undone", () => {
    const { known, heard } = knownLog(9);
    known.trimmed(4);
    known.trimmed(4);
    known.trimmed(2);
    expect(heard).toEqual(["trimmed 4"]);
    expect(known).toMatchObject({ first: 4, last: 9 });
  });

  test("beyond what is known moves the end to right before it", () => {
    const { known, heard } = knownLog(9);
    known.trimmed(20);
    expect(heard).toEqual(["trimmed 20"]);
    expect(known).toMatchObject({ first: 20, last: 19 });
  });
});

describe("a life", () => {
  test("that is known changes nothing but what was trimmed", () => {
    const { known, heard } = knownLog(9);
    known.enterLife(LIFE, 3, 20);
    expect(heard).toEqual(["trimmed 3"]);
    expect(known).toMatchObject({ epoch: LIFE.epoch, first: 3, last: 9 });
  });

  test("that kept all that is known is a new name, and what follows is read on", () => {
    const { known, heard } = knownLog(9);
    const next = lifeIn("1", LIFE, 1, 12);
    known.enterLife(next, 1, 15);
    known.receive(entries(10, 15));
    expect(heard).toEqual(["reset 1 9", "appended 10,11,12,13,14,15"]);
    expect(known).toMatchObject({ epoch: next.epoch, first: 1, last: 15 });
    expect(known.holds(LIFE.epoch)).toBe(12);
  });

  test("that lost some of what is known begins with its own ends", () => {
    const { known, heard } = knownLog(9, 3);
    const next = lifeIn("1", LIFE, 4, 7);
    known.enterLife(next, 4, 8);
    expect(heard).toEqual(["reset 4 8"]);
    expect(known).toMatchObject({ epoch: next.epoch, first: 4, last: 8 });
    expect(known.holds(LIFE.epoch)).toBe(7);
  });

  test("of another log begins with its own ends, however much it has", () => {
    const { known, heard } = knownLog(9);
    known.enterLife(lifeIn("1", undefined, 1, 0), 2, 30);
    expect(heard).toEqual(["reset 2 30"]);
    expect(known.holds(LIFE.epoch)).toBeUndefined();
  });

  test("that kept all, of which some was trimmed unseen, tells both", () => {
    const { known, heard } = knownLog(9);
    known.enterLife(lifeIn("1", LIFE, 1, 30), 21, 30);
    expect(heard).toEqual(["reset 1 9", "trimmed 21"]);
    expect(known).toMatchObject({ first: 21, last: 20 });
  });
});

test("who stopped following hears no more, and does not silence the next", () => {
  const { known, heard, stop } = knownLog();
  const later: number[] = [];
  const stopLater = known.tail({
    appended: (added) => later.push(added.length),
    trimmed: () => undefined,
    reset: () => undefined,
  });
  stop();
  known.receive(entries(1, 2));
  stopLater();
  known.receive(entries(3, 4));
  expect({ heard, later }).toEqual({ heard: [], later: [2] });
  expect(known.last).toBe(4);
});
