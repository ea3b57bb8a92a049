import { describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import type { ChannelLog, NewEntry, Retention } from "../../../../src/logs/log.ts";
import { expectRoundBelow } from "../../../support/rounds.ts";
import { wholeCalls } from "../processes/publisher-program.ts";
import { type SharedStore, useStore } from "../use-store.ts";
import { combinedDeleteContract } from "./combined-delete-contract.ts";
import { KEEP_ALL, recorder } from "./log-contract.ts";
import { sharedDeleteContract } from "./shared-delete-contract.ts";

/** After this time without an event a process is idle: its tail waits for the store, in ms. */
const IDLE_MS = 300;
/** How fast an entry reaches an idle process, in ms. A log that only polled once a second would be slower. */
const SOON_MS = 250;
/** The middle one of so many entries counts: a log that polls may deliver one of them soon by chance. */
const ENTRIES = 5;

/** Tests the part of the contract about several processes. One call tests one implementation. */
export function sharedLogContract(name: string, setUp: () => Promise<SharedStore>): void {
  sharedDeleteContract(name, setUp);
  combinedDeleteContract(name, setUp);
  describe(`${name}, as a log that several processes share`, () => {
    const { newLog } = useStore(setUp);

    const open = async (channel = "orders", retain: Retention = KEEP_ALL): Promise<ChannelLog> => {
      return newLog().open(channel, { retain });
    };
    const entry = (n: number, more: Partial<NewEntry> = {}): NewEntry => ({
      type: "n",
      data: String(n),
      json: true,
      ...more,
    });

    it("has the property `shared`", () => {
      const log = newLog();
      expect(log.shared).toBe(true);
    });

    it("has one epoch for all processes, even if they open it at the same moment", async () => {
      const [a, b, c] = await Promise.all([open(), open(), open()]);
      expect(b.epoch).toBe(a.epoch);
      expect(c.epoch).toBe(a.epoch);
    });

    it("passes the entries of all processes to each of them, in one order, each once", async () => {
      const [a, b] = [await open(), await open()];
      const [seenByA, seenByB] = [recorder(), recorder()];
      a.tail(seenByA.listener);
      b.tail(seenByB.listener);
      const appends = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? a : b).append([entry(i)]));
      const offsets = (await Promise.all(appends)).flat();
      const everyOffset = Array.from({ length: 100 }, (_, i) => i + 1);
      expect([...offsets].sort((x, y) => x - y)).toEqual(everyOffset);
      for (const { seen } of [seenByA, seenByB]) {
        await expect.poll(() => seen.map(({ offset }) => offset)).toEqual(everyOffset);
        // Each offset holds the entry whose append returned it.
        expect(seen.map(({ data }) => offsets[Number(data)])).toEqual(everyOffset);
      }
    });

    it(`passes an entry of another process to an idle process within ${SOON_MS} ms`, async () => {
      const [a, b] = [await open(), await open()];
      const arrivals: number[] = [];
      const { seen, listener } = recorder();
      b.tail({
        ...listener,
        appended: (found) => {
          arrivals.push(performance.now());
          listener.appended(found);
        },
      });
      let n = 0;
      const medianDelay = async () => {
        const delays: number[] = [];
        for (const end = n + ENTRIES; n < end; ) {
          await sleep(IDLE_MS);
          const before = performance.now();
          await a.append([entry(++n)]);
          await expect.poll(() => seen.length).toBe(n);
          expect(seen[n - 1]).toMatchObject(entry(n));
          delays.push(arrivals[n - 1]! - before);
        }
        return delays.sort((x, y) => x - y)[Math.floor(ENTRIES / 2)]!;
      };
      await expectRoundBelow(SOON_MS, medianDelay);
    });

    it("passes the entries of one call to another process in one call, unless they are very large", async () => {
      const [a, b] = [await open(), await open()];
      const { calls, listener } = recorder();
      b.tail(listener);
      const call = (count: number, size: number) =>
        Array.from({ length: count }, (_, i) => entry(i, { data: "x".repeat(size) }));
      for (const [count, size] of [
        [500, 100],
        [2, 100],
        [50, 4_000],
        [300, 300],
      ] as const)
        await a.append(call(count, size));
      await b.sync();
      // Several calls may arrive together.
      const ends = calls.map((_, i) => calls.slice(0, i + 1).reduce((sum, count) => sum + count));
      expect(ends.at(-1)).toBe(852);
      for (const end of ends) expect([500, 502, 552, 852]).toContain(end);
      await a.append(call(1_000, 4_000));
      await b.sync();
      expect(calls.reduce((sum, count) => sum + count)).toBe(1_852);
    });

    it("lets no entry of another process come between the entries of one call", async () => {
      const nodes = [await open(), await open()];
      const tails = nodes.map((node) => {
        const { seen, calls, listener } = recorder();
        node.tail(listener);
        return { seen, calls };
      });
      const appends: Promise<readonly number[]>[] = [];
      for (let n = 0; n < 60; n++) {
        const size = n % 3 === 0 ? 1 : 1 + (n % 20);
        const call = Array.from({ length: size }, (_, i) =>
          entry(0, { data: JSON.stringify({ call: `${n}`, i, size }) }),
        );
        appends.push(nodes[n % 2]!.append(call));
        if (n % 5 === 0) await sleep(1);
      }
      const found = await Promise.all(appends);
      for (const offsets of found) expect(offsets).toEqual(offsets.map((_, i) => offsets[0]! + i));
      for (const [i, node] of nodes.entries()) {
        await node.sync();
        const { seen, calls } = tails[i]!;
        // Each process appends in the order of its calls.
        const order = wholeCalls(seen).map(Number);
        for (const parity of [0, 1]) {
          const own = order.filter((n) => n % 2 === parity);
          expect(own).toEqual(own.toSorted((x, y) => x - y));
          expect(own).toHaveLength(30);
        }
        // The tail received no call in two parts.
        let end = 0;
        for (const count of calls) expect(seen[(end += count) - 1]!.more).toBeUndefined();
      }
    });

    it("has received after sync() everything appended before it by other processes", async () => {
      const [a, b] = [await open(), await open()];
      const { seen, listener } = recorder();
      b.tail(listener);
      for (let i = 1; i <= 20; i++) {
        await a.append([entry(i)]);
        await b.sync();
        expect(b.last).toBe(i);
        expect(seen).toHaveLength(i);
      }
    });

    it("continues to count in the same epoch after all processes have closed it", async () => {
      const log = newLog();
      const before = await log.open("orders", { retain: KEEP_ALL });
      await before.append([entry(1), entry(2, { id: "own/2" })]);
      await log.close();
      const after = await open();
      expect(after).toMatchObject({ first: 1, last: 2, epoch: before.epoch });
      expect(await after.positionOf("own/2")).toBe(2);
      expect(await after.append([entry(3)])).toEqual([3]);
      expect(await after.read(0, 10, 1e6)).toMatchObject([entry(1), entry(2, { id: "own/2" }), entry(3)]);
    });

    it("does not append an event again if another process has appended its own ID", async () => {
      const [a, b] = [await open(), await open()];
      const appends = [a.append([entry(1, { id: "own" })]), b.append([entry(1, { id: "own" })])];
      expect((await Promise.all(appends)).flat()).toEqual([1, 1]);
      expect(await b.append([entry(2)])).toEqual([2]);
    });

    it("reports an entry that another process trimmed as gone, and notices the trim", async () => {
      const [a, b] = [await open(), await open()];
      const { trims, listener } = recorder();
      b.tail(listener);
      for (let i = 1; i <= 10; i++) await a.append([entry(i)]);
      await b.sync();
      await a.trim(6);
      expect(await b.read(3, 10, 1e6)).toBe("gone");
      await b.sync();
      expect(b).toMatchObject({ first: 7, last: 10 });
      expect(trims).toEqual([7]);
    });

    it("starts at the end of the log if it is opened with many entries", async () => {
      const a = await open();
      for (let i = 0; i < 10; i++) await a.append(Array.from({ length: 200 }, (_, j) => entry(i * 200 + j)));
      const b = await open();
      expect(b).toMatchObject({ first: 1, last: 2_000 });
      const { seen, listener } = recorder();
      b.tail(listener);
      await a.append([entry(2_000)]);
      await expect.poll(() => seen.map(({ offset }) => offset)).toEqual([2_001]);
    });

    it("stays open for a process when another closes it", async () => {
      const log = newLog();
      const [a, b] = [await log.open("orders", { retain: KEEP_ALL }), await open()];
      await log.close();
      expect(await b.append([entry(1)])).toEqual([1]);
      await expect(a.append([entry(2)])).rejects.toMatchObject({ code: "CLOSED" });
      expect(await b.read(0, 10, 1e6)).toHaveLength(1);
    });

    it("keeps channels apart, no matter which characters their names have", async () => {
      const names = ["a.b", "a/b", "a b", "a*b", "a>b", "A.B", "ä", "{a}", "jobs:x", "x".repeat(256)];
      for (const [i, channel] of names.entries()) await (await open(channel)).append([entry(i)]);
      for (const [i, channel] of names.entries()) {
        const again = await open(channel);
        expect(await again.read(0, 10, 1e6)).toMatchObject([entry(i)]);
      }
    });
  });
}
