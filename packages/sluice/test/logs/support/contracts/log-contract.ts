import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChannelLog, Log, LogEntry, NewEntry, TailListener } from "../../../../src/logs/log.ts";
import { ENTRY_OVERHEAD_BYTES, entryBytes } from "../../../../src/logs/log.ts";
import { KEEP_ALL } from "../keep-all.ts";
import { combinedContract } from "./combined-contract.ts";
import { deleteContract } from "./delete-contract.ts";

export { KEEP_ALL };

/** Long enough that a log which ignores the age is noticed, in ms. */
const SHORT_AGE_MS = 200;
/** The clocks of a log's server and of this process may differ by their rounding, in ms. */
const CLOCK_ROUNDING_MS = 2;

function entry(n: number, more: Partial<NewEntry> = {}): NewEntry {
  return { type: "placed", data: JSON.stringify({ n }), json: true, ...more };
}

function entries(count: number, first = 1): NewEntry[] {
  return Array.from({ length: count }, (_, i) => entry(first + i));
}

/** Returns texts of several bytes to a character for a part of the fields. */
function wide(n: number): Partial<NewEntry> {
  return { type: 'é"x"', ...(n % 2 === 0 && { topics: ["ü", '\\"\\'] }), ...(n % 3 === 0 && { id: `日/${n}` }) };
}

/** Bytes of "日" in UTF-8. */
const UTF8_BYTES = 3;

/** Tests the contract of a log. One call tests one implementation. `open` opens an empty log. */
export function logContract(name: string, open: () => Log | Promise<Log>): void {
  combinedContract(name, open);
  deleteContract(name, open);
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
      if (found === "gone") throw new Error(`The entry after ${after} is gone.`);
      return found;
    };
    const offsets = (found: readonly LogEntry[]) => found.map(({ offset }) => offset);

    it("is empty at first", async () => {
      expect(channel).toMatchObject({ first: 1, last: 0 });
      expect(await read(0)).toEqual([]);
    });

    it("counts 1, 2, 3 … over all appends", async () => {
      expect(await channel.append([entry(1)])).toEqual([1]);
      expect(await channel.append(entries(3, 2))).toEqual([2, 3, 4]);
      expect(channel).toMatchObject({ first: 1, last: 4 });
    });

    it("keeps the order of appends that do not wait for each other", async () => {
      const appends = Array.from({ length: 50 }, (_, i) => channel.append([entry(i + 1)]));
      expect((await Promise.all(appends)).flat()).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      expect((await read(0)).map(({ data }) => JSON.parse(data).n)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
    });

    it("returns every field unchanged", async () => {
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

    it("reads the entries after an offset, and no more than the limit of events", async () => {
      await channel.append(entries(10));
      expect(offsets(await read(4, 3))).toEqual([5, 6, 7]);
      expect(offsets(await read(8, 100))).toEqual([9, 10]);
      expect(offsets(await read(10, 100))).toEqual([]);
    });

    it("stops reading at the limit of bytes, but always returns one entry", async () => {
      await channel.append(Array.from({ length: 5 }, () => entry(1, { data: "x".repeat(1_000), json: false })));
      const two = await channel.read(0, 100, 1_500);
      expect(offsets(two as readonly LogEntry[])).toEqual([1, 2]);
      const one = await channel.read(2, 100, 1);
      expect(offsets(one as readonly LogEntry[])).toEqual([3]);
    });

    it("reports a trimmed entry as gone, and never skips it", async () => {
      await channel.append(entries(10));
      await channel.trim(4);
      expect(channel).toMatchObject({ first: 5, last: 10 });
      expect(await channel.read(3, 100, 1e6)).toBe("gone");
      expect(offsets(await read(4, 2))).toEqual([5, 6]);
    });

    it("continues to count after everything was trimmed", async () => {
      await channel.append(entries(3));
      await channel.trim(100);
      expect(channel).toMatchObject({ first: 4, last: 3 });
      expect(await read(3)).toEqual([]);
      expect(await channel.append([entry(4)])).toEqual([4]);
      expect(offsets(await read(3))).toEqual([4]);
    });

    it("passes every entry after the last one to the tail, in order, each once", async () => {
      await channel.append(entries(2));
      const { seen, listener } = recorder();
      const stop = channel.tail(listener);
      await Promise.all([channel.append(entries(3, 3)), channel.append([entry(6)])]);
      await expect.poll(() => seen.map(({ offset }) => offset)).toEqual([3, 4, 5, 6]);
      stop();
      await channel.append([entry(7)]);
      expect(seen).toHaveLength(4);
    });

    it("does not move its end before the tail receives the entries", async () => {
      const leads: number[] = [];
      const { listener } = recorder();
      channel.tail({ ...listener, appended: (found) => leads.push(channel.last - found[found.length - 1]!.offset) });
      await channel.append(entries(5));
      await expect.poll(() => leads.length).toBeGreaterThan(0);
      for (const lead of leads) expect(lead).toBeLessThanOrEqual(0);
    });

    it("reports a trim to the tail", async () => {
      const { trims, listener } = recorder();
      channel.tail(listener);
      await channel.append(entries(5));
      await channel.trim(2);
      await expect.poll(() => trims).toEqual([3]);
    });

    it("finds the position of a publisher's own ID as long as it keeps the event", async () => {
      await channel.append([entry(1), entry(2, { id: "own/2" }), entry(3, { id: "own/3" })]);
      expect(await channel.positionOf("own/2")).toBe(2);
      expect(await channel.positionOf("own/4")).toBeUndefined();
      await channel.trim(2);
      expect(await channel.positionOf("own/2")).toBeUndefined();
      expect(await channel.positionOf("own/3")).toBe(3);
    });

    it("does not append an event again if it still has its own ID", async () => {
      expect(await channel.append([entry(1, { id: "own/1" })])).toEqual([1]);
      expect(await channel.append([entry(1, { id: "own/1" })])).toEqual([1]);
      expect(await channel.append([entry(2, { id: "own/2" })])).toEqual([2]);
      expect(channel.last).toBe(2);
    });

    it("appends no entry of a call if it still has the own ID of one", async () => {
      await channel.append([entry(1, { id: "own/1" }), entry(2)]);
      const again = await channel.append([entry(3), entry(1, { id: "own/1" }), entry(4, { id: "own/4" })]);
      expect(again).toEqual([0, 1, 0]);
      expect(await channel.append([entry(1, { id: "own/1" })])).toEqual([1]);
      expect(await channel.append([entry(3), entry(4, { id: "own/4" })])).toEqual([3, 4]);
      expect((await read(0)).map(({ data }) => JSON.parse(data).n)).toEqual([1, 2, 3, 4]);
    });

    it("refuses a call for an own ID of another call that it has not yet answered", async () => {
      const appends = [
        channel.append([entry(1), entry(2, { id: "own/2" })]),
        channel.append([entry(2, { id: "own/2" }), entry(3)]),
        channel.append([entry(4)]),
      ];
      expect(await Promise.all(appends)).toEqual([[1, 2], [2, 0], [3]]);
    });

    it("gives the entries of each call consecutive offsets, in the order of the calls", async () => {
      const sizes = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 1 : i));
      let n = 1;
      const appends = sizes.map((size) => {
        const call = entries(size, n);
        n += size;
        return channel.append(call);
      });
      const everyOffset = Array.from({ length: n - 1 }, (_, i) => i + 1);
      expect((await Promise.all(appends)).flat()).toEqual(everyOffset);
      expect((await read(0)).map(({ data }) => JSON.parse(data).n)).toEqual(everyOffset);
    });

    it("takes a call of a thousand entries and of four megabytes", async () => {
      const large = Array.from({ length: 1_000 }, (_, i) => entry(i, { data: "x".repeat(4_000), json: false }));
      const { seen, calls, listener } = recorder();
      channel.tail(listener);
      await channel.append([entry(0)]);
      expect((await channel.append(large)).at(-1)).toBe(1_001);
      await expect.poll(() => seen.length).toBe(1_001);
      expect(calls.at(-1)).toBe(1_000);
      expect(seen.at(-1)).toMatchObject({ data: "x".repeat(4_000), offset: 1_001 });
    });

    it("states for each entry how many of its call follow it", async () => {
      await channel.append(entries(3));
      await channel.append([entry(4)]);
      expect((await read(0)).map(({ more = 0 }) => more)).toEqual([2, 1, 0, 0]);
      expect((await read(1, 1)).map(({ more = 0 }) => more)).toEqual([1]);
    });

    it("resolves to no offsets for no entries", async () => {
      expect(await channel.append([])).toEqual([]);
      expect(channel.last).toBe(0);
    });

    it("keeps channels apart", async () => {
      const other = await log.open("alerts", { retain: KEEP_ALL });
      await channel.append(entries(3));
      await other.append([entry(1)]);
      expect(other.last).toBe(1);
      expect(channel.last).toBe(3);
    });

    it("has an epoch that fits into an event ID", () => {
      expect(channel.epoch).toMatch(/^[0-9a-z]{1,32}$/);
    });

    for (const [limit, retain] of [
      ["events", { ...KEEP_ALL, events: 10 }],
      ["bytes", { ...KEEP_ALL, bytes: 10 * (1_000 + ENTRY_OVERHEAD_BYTES) }],
    ] as const) {
      it(`trims to its limit of ${limit}, oldest first`, async () => {
        const small = await log.open(`small-${limit}`, { retain });
        for (let i = 0; i < 30; i++) await small.append([entry(i, { type: "", data: "x".repeat(1_000), json: false })]);
        await expect.poll(() => small.last - small.first + 1).toBeLessThanOrEqual(10);
        expect(small.last - small.first + 1).toBeGreaterThan(5);
        expect(small.last).toBe(30);
      });
    }

    it("counts the bytes of UTF-8 for its limit of bytes", async () => {
      const most = 12;
      const bytes = most * (1_000 + ENTRY_OVERHEAD_BYTES);
      const small = await log.open("small-wide", { retain: { ...KEEP_ALL, bytes } });
      for (let i = 0; i < 30; i++) await small.append([entry(i, { type: "", data: "日".repeat(1_000), json: false })]);
      const fitting = bytes / (UTF8_BYTES * 1_000 + ENTRY_OVERHEAD_BYTES);
      await expect.poll(() => small.last - small.first + 1).toBeLessThanOrEqual(fitting);
      expect(small.last - small.first + 1).toBeGreaterThan(fitting / 2);
    });

    it.each([
      ["few and large", 7, "日本語\n".repeat(2_000)],
      ["many and small", 300, "é"],
    ])("keeps all entries of a call that have no more bytes than its limit: %s", async (which, count, data) => {
      const call = entries(count).map((each, i): NewEntry => ({ ...each, ...wide(i), data }));
      const sum = call.reduce((bytes, each) => bytes + entryBytes(each), 0);
      const bytes = channel.keptBytes?.(call) ?? sum;
      expect(bytes).toBeLessThanOrEqual(4 * sum);
      const small = await log.open(`exactly ${which}`, { retain: { ...KEEP_ALL, bytes } });
      await small.append(entries(5));
      await small.append(call);
      await small.sync();
      expect(small.last - small.first + 1).toBeGreaterThanOrEqual(count);
      const kept = await small.read(small.last - count, count, Number.POSITIVE_INFINITY);
      expect((kept as readonly LogEntry[]).map((each) => each.data)).toEqual(Array(count).fill(data));
    });

    it("trims an event when it reaches the limit of age, and not before", async () => {
      const short = await log.open("short", { retain: { ...KEEP_ALL, age: SHORT_AGE_MS } });
      const { seen, listener } = recorder();
      const ages: number[] = [];
      const trimmed = (first: number) => {
        for (const { offset, time } of seen) if (offset === first - 1) ages.push(Date.now() - time);
      };
      short.tail({ ...listener, trimmed });
      await short.append(entries(3));
      await expect.poll(() => short.first).toBe(4);
      expect(ages.length).toBeGreaterThan(0);
      for (const age of ages) expect(age).toBeGreaterThanOrEqual(SHORT_AGE_MS - CLOCK_ROUNDING_MS);
      expect(await short.append([entry(4)])).toEqual([4]);
    });

    it.each([
      ["set forward", 3_600_000],
      ["set back", -3_600_000],
      ["standing still", 0],
    ])("trims by age although the wall clock is %s", async (_clock, step) => {
      vi.useFakeTimers({ toFake: ["Date"] });
      try {
        const short = await log.open("short", { retain: { ...KEEP_ALL, age: SHORT_AGE_MS } });
        await short.append(entries(3));
        vi.setSystemTime(Date.now() + step);
        await expect.poll(() => short.first).toBe(4);
        expect(await short.append([entry(4)])).toEqual([4]);
        await expect.poll(() => short.first).toBe(5);
      } finally {
        vi.useRealTimers();
      }
    });
  });
}

/**
 * A tail listener that records the entries and trims it receives, and the number of entries of each call. A reset drops
 * the entries.
 */
export function recorder(): { seen: LogEntry[]; calls: number[]; trims: number[]; listener: TailListener } {
  const seen: LogEntry[] = [];
  const calls: number[] = [];
  const trims: number[] = [];
  const listener: TailListener = {
    appended: (found) => {
      seen.push(...found);
      calls.push(found.length);
    },
    trimmed: (first) => trims.push(first),
    reset: () => seen.splice(0),
  };
  return { seen, calls, trims, listener };
}
