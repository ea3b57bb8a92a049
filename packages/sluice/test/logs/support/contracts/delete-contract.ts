import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChannelLog, Log, NewEntry, TailListener } from "../../../../src/logs/log.ts";
import { KEEP_ALL } from "../keep-all.ts";

const entry = (n: number, more: Partial<NewEntry> = {}): NewEntry => ({ type: "n", data: `${n}`, json: true, ...more });

/** Returns a listener that closes its log once the channel is deleted: nothing needs it any more. */
export function closing(channel: ChannelLog): TailListener {
  return {
    appended: () => undefined,
    trimmed: () => undefined,
    reset: () => undefined,
    isNeeded: () => {
      void channel.close();
      return false;
    },
  };
}

/** Tests the deletion of a channel. One call tests one implementation. `open` opens an empty log. */
export function deleteContract(name: string, open: () => Log | Promise<Log>): void {
  describe(`${name}, when a channel is deleted`, () => {
    let log: Log;
    let channel: ChannelLog;

    beforeEach(async () => {
      log = await open();
      channel = await log.open("doc", { retain: KEEP_ALL });
    });

    afterEach(() => log.close());

    it("begins an empty life, in which no position of the past holds", async () => {
      await channel.append([entry(1), entry(2, { id: "own" }), entry(3)]);
      const { epoch } = channel;
      await channel.delete();
      expect(channel.epoch).not.toBe(epoch);
      expect(channel).toMatchObject({ first: 1, last: 0 });
      expect(channel.holds(epoch)).toBeUndefined();
      expect(await channel.read(0, 10, 1e6)).toEqual([]);
      expect(await channel.positionOf("own")).toBeUndefined();
      expect(await channel.append([entry(4, { id: "own" })])).toEqual([1]);
      expect(await channel.read(0, 10, 1e6)).toMatchObject([{ offset: 1, data: "4" }]);
    });

    it("remembers which life was deleted, and takes no other for deleted", async () => {
      const { epoch } = channel;
      await channel.delete();
      expect(await channel.wasDeleted?.(epoch)).toBe(true);
      for (const other of [channel.epoch, "0000000000", ""]) expect(await channel.wasDeleted?.(other)).toBe(false);
    });

    it("resets its listener once, and passes on the entries of the next life", async () => {
      await channel.append([entry(1)]);
      const seen: unknown[] = [];
      channel.tail({
        appended: (found) => seen.push(...found.map(({ data }) => data)),
        trimmed: () => undefined,
        reset: () => seen.push(`reset ${channel.epoch} ${channel.last}`),
      });
      await channel.append([entry(2)]);
      await channel.delete();
      await channel.append([entry(3)]);
      await expect.poll(() => seen).toEqual(["2", `reset ${channel.epoch} 0`, "3"]);
    });

    it("begins no life if its listener has closed it, and is opened again with an empty one", async () => {
      await channel.append([entry(1)]);
      const { epoch } = channel;
      const resets: string[] = [];
      const closing: Promise<void>[] = [];
      channel.tail({
        appended: () => undefined,
        trimmed: () => undefined,
        reset: () => resets.push("reset"),
        isNeeded: () => {
          closing.push(channel.close());
          return false;
        },
      });
      await channel.delete();
      await Promise.all(closing);
      expect([closing.length, resets]).toEqual([1, []]);
      const next = await log.open("doc", { retain: KEEP_ALL });
      expect(next.epoch).not.toBe(epoch);
      expect(next).toMatchObject({ first: 1, last: 0 });
      expect(await next.wasDeleted?.(epoch)).toBe(true);
      expect(await next.append([entry(2)])).toEqual([1]);
    });

    it("may be deleted again and again, empty or not, and each life has an epoch of its own", async () => {
      const epochs = [channel.epoch];
      for (let i = 0; i < 6; i++) {
        if (i % 2 === 0) await channel.append([entry(i)]);
        await channel.delete();
        epochs.push(channel.epoch);
      }
      expect(new Set(epochs).size).toBe(7);
      expect(channel).toMatchObject({ first: 1, last: 0 });
    });

    it("may be deleted twice at the same moment", async () => {
      await channel.append([entry(1)]);
      await Promise.all([channel.delete(), channel.delete()]);
      expect(channel).toMatchObject({ first: 1, last: 0 });
      expect(await channel.append([entry(2)])).toEqual([1]);
    });

    it("keeps an append that follows, also if it does not wait for the deletion", async () => {
      await channel.append([entry(1)]);
      const deleting = channel.delete();
      const offsets = channel.append([entry(2)]);
      await deleting;
      expect(await offsets).toEqual([1]);
      expect(await channel.read(0, 10, 1e6)).toMatchObject([{ offset: 1, data: "2" }]);
    });

    it("leaves other channels alone", async () => {
      const other = await log.open("doc2", { retain: KEEP_ALL });
      await other.append([entry(1)]);
      const { epoch } = other;
      await channel.delete();
      expect(other.epoch).toBe(epoch);
      expect(await other.read(0, 10, 1e6)).toHaveLength(1);
    });

    it("removes many entries", async () => {
      for (let i = 0; i < 20; i++)
        await channel.append(Array.from({ length: 150 }, (_, j) => entry(j, { id: `own/${i}/${j}` })));
      await channel.delete();
      expect(channel).toMatchObject({ first: 1, last: 0 });
      expect(await channel.positionOf("own/0/0")).toBeUndefined();
      expect(await channel.append([entry(1, { id: "own/0/0" })])).toEqual([1]);
    });

    it("rejects after it was closed", async () => {
      await channel.close();
      if (log.shared) await expect(channel.delete()).rejects.toMatchObject({ code: "CLOSED" });
    });
  });
}
