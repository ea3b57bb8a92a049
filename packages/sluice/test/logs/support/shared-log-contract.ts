import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChannelLog, Log, NewEntry, Retention } from "../../../src/logs/log.ts";
import { KEEP_ALL, recorder } from "./log-contract.ts";

/** What a log must do that outlives a process and that several share. `open` gives what another process would have: a log of its own on the same, at first empty, store. */
export interface SharedStore {
  open(): Log;
  stop?(): Promise<void>;
}

/** The part of the contract that is about more than one process; an implementation is tested by one call. */
export function sharedLogContract(name: string, setUp: () => Promise<SharedStore>): void {
  describe(`${name}, as a log that several processes share`, () => {
    let store: SharedStore;
    const logs: Log[] = [];

    beforeEach(async () => {
      store = await setUp();
    });

    afterEach(async () => {
      for (const log of logs.splice(0)) await log.close();
      await store.stop?.();
    });

    const open = async (channel = "orders", retain: Retention = KEEP_ALL): Promise<ChannelLog> => {
      const log = store.open();
      logs.push(log);
      return log.open(channel, { retain });
    };
    const entry = (n: number, more: Partial<NewEntry> = {}): NewEntry => ({
      type: "n",
      data: String(n),
      json: true,
      ...more,
    });

    test("says that it is shared", () => {
      const log = store.open();
      logs.push(log);
      expect(log.shared).toBe(true);
    });

    test("has one epoch for all, also for those who open it at the same moment", async () => {
      const [a, b, c] = await Promise.all([open(), open(), open()]);
      expect(b.epoch).toBe(a.epoch);
      expect(c.epoch).toBe(a.epoch);
    });

    test("tells each process what the others append, in one order, each once", async () => {
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
        // What each offset holds is what its publisher was told.
        expect(seen.map(({ data }) => offsets[Number(data)])).toEqual(everyOffset);
      }
    });

    test("tells an idle process soon what another appends", async () => {
      const [a, b] = [await open(), await open()];
      const { seen, listener } = recorder();
      b.tail(listener);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await a.append([entry(1)]);
      await expect.poll(() => seen.length).toBe(1);
      expect(seen[0]).toMatchObject(entry(1));
    });

    test("knows after sync() what was appended elsewhere before it", async () => {
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

    test("goes on counting after all processes have closed it, in the same epoch", async () => {
      const before = await open();
      await before.append([entry(1), entry(2, { id: "own/2" })]);
      await logs.splice(0)[0]!.close();
      const after = await open();
      expect(after).toMatchObject({ first: 1, last: 2, epoch: before.epoch });
      expect(await after.positionOf("own/2")).toBe(2);
      expect(await after.append([entry(3)])).toEqual([3]);
      expect(await after.read(0, 10, 1e6)).toMatchObject([entry(1), entry(2, { id: "own/2" }), entry(3)]);
    });

    test("does not append an event again whose own ID another process brought", async () => {
      const [a, b] = [await open(), await open()];
      const appends = [a.append([entry(1, { id: "own" })]), b.append([entry(1, { id: "own" })])];
      expect((await Promise.all(appends)).flat()).toEqual([1, 1]);
      expect(await b.append([entry(2)])).toEqual([2]);
    });

    test("says gone for what another process trimmed, and learns of it", async () => {
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

    test("begins where the log is when it is opened with much in it", async () => {
      const a = await open();
      for (let i = 0; i < 10; i++) await a.append(Array.from({ length: 200 }, (_, j) => entry(i * 200 + j)));
      const b = await open();
      expect(b).toMatchObject({ first: 1, last: 2_000 });
      const { seen, listener } = recorder();
      b.tail(listener);
      await a.append([entry(2_000)]);
      await expect.poll(() => seen.map(({ offset }) => offset)).toEqual([2_001]);
    });

    test("closed by one process stays open for the other", async () => {
      const [a, b] = [await open(), await open()];
      await logs.splice(0, 1)[0]!.close();
      expect(await b.append([entry(1)])).toEqual([1]);
      await expect(a.append([entry(2)])).rejects.toThrow();
      expect(await b.read(0, 10, 1e6)).toHaveLength(1);
    });

    test("keeps a name apart from any other, whatever characters it has", async () => {
      const names = ["a.b", "a/b", "a b", "a*b", "a>b", "A.B", "ä", "{a}", "jobs:x", "x".repeat(256)];
      for (const [i, channel] of names.entries()) await (await open(channel)).append([entry(i)]);
      for (const [i, channel] of names.entries()) {
        const again = await open(channel);
        expect(await again.read(0, 10, 1e6)).toMatchObject([entry(i)]);
      }
    });
  });
}
