import { describe, expect, it } from "vitest";
import type { ChannelLog, NewEntry } from "../../../../src/logs/log.ts";
import { KEEP_ALL } from "../keep-all.ts";
import { type SharedStore, useStore } from "../use-store.ts";

const entry = (n: number): NewEntry => ({ type: "n", data: `${n}`, json: true });

/** Tests the deletion of a channel that several processes have open. One call tests one implementation. */
export function sharedDeleteContract(name: string, setUp: () => Promise<SharedStore>): void {
  describe(`${name}, when one of several processes deletes a channel`, () => {
    const { newLog } = useStore(setUp);

    const open = async (): Promise<ChannelLog> => {
      return newLog().open("doc", { retain: KEEP_ALL });
    };

    /** Lists what a process receives. */
    function record(channel: ChannelLog): string[] {
      const seen: string[] = [];
      channel.tail({
        appended: (found) => seen.push(...found.map(({ data }) => data)),
        trimmed: () => undefined,
        reset: () => seen.push("reset"),
      });
      return seen;
    }

    it("ends the life in all of them, and all enter the same next one", async () => {
      const [a, b, c] = [await open(), await open(), await open()];
      const { epoch } = a;
      const seen = [a, b, c].map(record);
      await a.append([entry(1)]);
      for (const each of [a, b, c]) await each.sync();
      await b.delete();
      await expect.poll(() => [a.epoch, c.epoch]).toEqual([b.epoch, b.epoch]);
      expect(b.epoch).not.toBe(epoch);
      for (const each of [a, b, c]) {
        expect(each).toMatchObject({ first: 1, last: 0 });
        expect(await each.wasDeleted?.(epoch)).toBe(true);
      }
      await c.append([entry(2)]);
      await expect.poll(() => seen).toEqual(Array(3).fill(["1", "reset", "2"]));
    });

    it("is the reason that a process sees as soon as it enters a later life that another one has begun", async () => {
      const [a, b] = [await open(), await open()];
      const { epoch } = a;
      await a.append([entry(1)]);
      await b.sync();
      const reasons: unknown[] = [];
      const ignored = { appended: () => undefined, trimmed: () => undefined };
      b.tail({ ...ignored, reset: () => reasons.push(b.wasDeleted?.(epoch)) });
      for (let life = 0; life < 2; life++) {
        await a.delete();
        await a.append([entry(2)]);
      }
      await expect.poll(() => b.epoch).toBe(a.epoch);
      expect(reasons[0]).toBe(true);
    });

    it("takes an append of a process that has not noticed the deletion into the next life", async () => {
      const [a, b] = [await open(), await open()];
      await a.append([entry(1)]);
      await b.sync();
      await a.delete();
      expect(await b.append([entry(2)])).toEqual([1]);
      await a.sync();
      expect(b.epoch).toBe(a.epoch);
      expect(await a.read(0, 10, 1e6)).toMatchObject([{ offset: 1, data: "2" }]);
    });

    it("never gives out a position twice while processes append and delete at the same time", async () => {
      const [a, b] = [await open(), await open()];
      const given: string[] = [];
      const append = async (channel: ChannelLog, n: number) => {
        try {
          const [offset] = await channel.append([entry(n)]);
          given.push(`${channel.epoch}-${offset}`);
        } catch (error) {
          // An append at the moment of a deletion may reject.
          expect(error).toBeInstanceOf(Error);
        }
      };
      for (let i = 0; i < 12; i++) {
        const work = [append(a, i), append(b, i), i % 3 === 0 ? b.delete() : a.sync(), append(a, i), append(b, i)];
        await Promise.all(work);
      }
      for (const each of [a, b]) await each.sync();
      expect(new Set(given).size).toBe(given.length);
      expect(a.epoch).toBe(b.epoch);
      expect(await b.read(0, 100, 1e6)).toEqual(await a.read(0, 100, 1e6));
    });

    it("is remembered by a process that opens the channel later", async () => {
      const a = await open();
      const { epoch } = a;
      await a.append([entry(1)]);
      await a.delete();
      const b = await open();
      expect(b.epoch).toBe(a.epoch);
      expect(await b.wasDeleted?.(epoch)).toBe(true);
    });

    it("deletes the life that the others are in, also if it has not entered that life yet", async () => {
      const [a, b] = [await open(), await open()];
      await a.append([entry(1)]);
      await a.delete();
      await a.append([entry(2)]);
      await b.delete();
      await a.sync();
      expect(a).toMatchObject({ first: 1, last: 0 });
      expect(a.epoch).toBe(b.epoch);
    });
  });
}
