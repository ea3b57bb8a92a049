import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChannelLog, Log, LogEntry, NewEntry, Retention, TailListener } from "../../../src/logs/log.ts";
import { ENTRY_OVERHEAD_BYTES } from "../../../src/logs/log.ts";

/** No limits. */
export const KEEP_ALL: Retention = {
  events: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  age: Number.POSITIVE_INFINITY,
};

function entry(n: number, more: Partial<NewEntry> = {}): NewEntry {
  return { type: "placed", data: JSON.stringify({ n }), json: true, ...more };
}

function entries(count: number, first = 1): NewEntry[] {
  return Array.from({ length: count }, (_, i) => entry(first + i));
}

/** What every log must do; an implementation is tested by one call. */
export function logContract(name: string, open: () => Log | Promise<Log>): void {
  describe(`${name}, as a log`, () => {
    let log: Log;
    let channel: ChannelLog;

    beforeEach(async () => {
      log = await open();
      channel = await log.open("orders", { retain: KEEP_ALL });
    });

    afterEach(() => log.close());

    const read = async (after: number, limit = 1_000): Promise<readonly LogEntry[]> => {
      const found = await channel.read(after, limit, Number.POSITIVE_INFINITY);
      if (found === "gone") throw new Error(`What follows ${after} is gone.`);
      return found;
    };
    const offsets = (found: readonly LogEntry[]) => found.map(({ offset }) => offset);

    test("is empty at first", async () => {
      expect(channel).toMatchObject({ first: 1, last: 0 });
      expect(await read(0)).toEqual([]);
    });

    test("counts 1, 2, 3 … over all appends", async () => {
      expect(await channel.append([entry(1)])).toEqual([1]);
      expect(await channel.append(entries(3, 2))).toEqual([2, 3, 4]);
      expect(channel).toMatchObject({ first: 1, last: 4 });
    });

    test("keeps the order of appends that do not wait for each other", async () => {
      const appends = Array.from({ length: 50 }, (_, i) => channel.append([entry(i + 1)]));
      expect((await Promise.all(appends)).flat()).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      expect((await read(0)).map(({ data }) => JSON.parse(data).n)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
    });

    test("gives back every field as it was", async () => {
      const before = Date.now();
      const whole: NewEntry = {
        type: "имя",
        data: "línea\nzwei",
        json: false,
        topics: ["user:1", "b"],
        id: "own/1",
        retry: 0,
      };
      await channel.append([whole, entry(2)]);
      const [first, second] = await read(0);
      expect(first).toMatchObject({ ...whole, offset: 1 });
      expect(second).toMatchObject({ ...entry(2), offset: 2 });
      expect(second?.topics).toBeUndefined();
      expect(second?.id).toBeUndefined();
      expect(first?.time).toBeGreaterThanOrEqual(before - 1);
      expect(first?.time).toBeLessThanOrEqual(Date.now() + 1);
    });

    test("reads what follows an offset, no more than asked", async () => {
      await channel.append(entries(10));
      expect(offsets(await read(4, 3))).toEqual([5, 6, 7]);
      expect(offsets(await read(8, 100))).toEqual([9, 10]);
      expect(offsets(await read(10, 100))).toEqual([]);
    });

    test("reads no further once there are enough bytes, but always one entry", async () => {
      await channel.append(Array.from({ length: 5 }, () => entry(1, { data: "x".repeat(1_000), json: false })));
      const two = await channel.read(0, 100, 1_500);
      expect(offsets(two as readonly LogEntry[])).toEqual([1, 2]);
      const one = await channel.read(2, 100, 1);
      expect(offsets(one as readonly LogEntry[])).toEqual([3]);
    });

    test("tells of what is trimmed that it is gone, never leaves it out", async () => {
      await channel.append(entries(10));
      await channel.trim(4);
      expect(channel).toMatchObject({ first: 5, last: 10 });
      expect(await channel.read(3, 100, 1e6)).toBe("gone");
      expect(offsets(await read(4, 2))).toEqual([5, 6]);
    });

    test("goes on counting when everything was trimmed", async () => {
      await channel.append(entries(3));
      await channel.trim(100);
      expect(channel).toMatchObject({ first: 4, last: 3 });
      expect(await read(3)).toEqual([]);
      expect(await channel.append([entry(4)])).toEqual([4]);
      expect(offsets(await read(3))).toEqual([4]);
    });

    test("tells the tail every entry after the one that was last, in order, each once", async () => {
      await channel.append(entries(2));
      const { seen, listener } = recorder();
      const stop = channel.tail(listener);
      await Promise.all([channel.append(entries(3, 3)), channel.append([entry(6)])]);
      await expect.poll(() => seen.map(({ offset }) => offset)).toEqual([3, 4, 5, 6]);
      stop();
      await channel.append([entry(7)]);
      expect(seen).toHaveLength(4);
    });

    test("does not move its end before the tail was told", async () => {
      const lasts: number[] = [];
      const { listener } = recorder();
      channel.tail({ ...listener, appended: (found) => lasts.push(channel.last - found[found.length - 1]!.offset) });
      await channel.append(entries(5));
      await expect.poll(() => lasts.length).toBeGreaterThan(0);
      for (const ahead of lasts) expect(ahead).toBeLessThanOrEqual(0);
    });

    test("tells the tail of a trim", async () => {
      const { trims, listener } = recorder();
      channel.tail(listener);
      await channel.append(entries(5));
      await channel.trim(2);
      await expect.poll(() => trims).toEqual([3]);
    });

    test("finds the position of a publisher's own ID for as long as the event is kept", async () => {
      await channel.append([entry(1), entry(2, { id: "own/2" }), entry(3, { id: "own/3" })]);
      expect(await channel.positionOf("own/2")).toBe(2);
      expect(await channel.positionOf("own/4")).toBeUndefined();
      await channel.trim(2);
      expect(await channel.positionOf("own/2")).toBeUndefined();
      expect(await channel.positionOf("own/3")).toBe(3);
    });

    test("does not append an event again whose own ID it still has", async () => {
      expect(await channel.append([entry(1, { id: "own/1" })])).toEqual([1]);
      expect(await channel.append([entry(1, { id: "own/1" }), entry(2, { id: "own/2" })])).toEqual([1, 2]);
      expect(await channel.append([entry(3, { id: "own/3" }), entry(3, { id: "own/3" })])).toEqual([3, 3]);
      expect(channel.last).toBe(3);
    });

    test("keeps channels apart", async () => {
      const other = await log.open("alerts", { retain: KEEP_ALL });
      await channel.append(entries(3));
      await other.append([entry(1)]);
      expect(other.last).toBe(1);
      expect(channel.last).toBe(3);
    });

    test("has an epoch that can stand in an event ID", () => {
      expect(channel.epoch).toMatch(/^[0-9a-z]{1,32}$/);
    });

    for (const [limit, retain] of [
      ["events", { ...KEEP_ALL, events: 10 }],
      ["bytes", { ...KEEP_ALL, bytes: 10 * (1_000 + ENTRY_OVERHEAD_BYTES) }],
    ] as const) {
      test(`trims to its limit of ${limit}, oldest first`, async () => {
        const small = await log.open(`small-${limit}`, { retain });
        for (let i = 0; i < 30; i++) await small.append([entry(i, { type: "", data: "x".repeat(1_000), json: false })]);
        await expect.poll(() => small.last - small.first + 1).toBeLessThanOrEqual(10);
        expect(small.last - small.first + 1).toBeGreaterThan(5);
        expect(small.last).toBe(30);
      });
    }

    test("trims to its limit of age", async () => {
      const short = await log.open("short", { retain: { ...KEEP_ALL, age: 50 } });
      await short.append(entries(3));
      await expect.poll(() => short.first, { timeout: 5_000 }).toBe(4);
      expect(await short.append([entry(4)])).toEqual([4]);
    });
  });
}

/** A listener that writes down what it hears. */
export function recorder(): { seen: LogEntry[]; trims: number[]; listener: TailListener } {
  const seen: LogEntry[] = [];
  const trims: number[] = [];
  const listener: TailListener = {
    appended: (found) => seen.push(...found),
    trimmed: (first) => trims.push(first),
    reset: () => seen.splice(0),
  };
  return { seen, trims, listener };
}
