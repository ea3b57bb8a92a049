import { describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import type { ChannelLog, Log, LogEntry, NewEntry } from "../../../../src/logs/log.ts";
import { KEEP_ALL } from "../keep-all.ts";
import { type SharedStore, useStore } from "../use-store.ts";

/** A store that can go back to an older copy of the channel "orders" while a process runs. Empty at first. */
export interface RestorableStore extends SharedStore {
  /** Copies the channel, or the whole store. */
  copy(): Promise<void>;
  /** Puts the copy in place of the channel, or of the whole store. */
  restore(): Promise<void>;
  /** Restarts the store with all its data; absent if the store is no server. */
  restart?(): Promise<void>;
}

/** The time in which the store answers again after an older copy was restored, in ms. */
const RECOVERY_MS = 60_000;
const PAUSE_MS = 50;

/** Tests what a process remembers of a channel that it has closed. One call tests one implementation. */
export function closedChannelContract(name: string, setUp: () => Promise<RestorableStore>): void {
  describe(`${name}, of a channel that this process has closed`, () => {
    const given = useStore(setUp);
    const { newLog } = given;

    /** Opens the channel as soon as the store answers. */
    const open = async (log: Log): Promise<ChannelLog> => {
      for (const end = performance.now() + RECOVERY_MS; ; await sleep(PAUSE_MS)) {
        try {
          return await log.open("orders", { retain: KEEP_ALL });
        } catch (error) {
          if (performance.now() > end) throw error;
        }
      }
    };
    const range = (from: number, through: number) => Array.from({ length: through - from + 1 }, (_, i) => from + i);
    const entries = (from: number, through: number): NewEntry[] =>
      range(from, through).map((n) => ({ type: "n", data: String(n), json: true }));
    const numbers = async (channel: ChannelLog) => {
      const found = await channel.read(channel.first - 1, 1_000, Number.POSITIVE_INFINITY);
      return (found as readonly LogEntry[]).map(({ data }) => Number(data));
    };

    /** Publishes 1 to 20, copies the store, publishes 21 to 30, and closes the channel. Returns the epoch. */
    async function publishAndCopy(log: Log): Promise<string> {
      const first = await open(log);
      await first.append(entries(1, 20));
      await first.close();
      await given.store.copy();
      const channel = await open(log);
      expect(channel.epoch).toBe(first.epoch);
      await channel.append(entries(21, 30));
      await channel.close();
      return channel.epoch;
    }

    /** Deletes a channel that nothing in this process needs. The log of the channel then closes. */
    async function deleteUnneeded(channel: ChannelLog): Promise<void> {
      const isNeeded = () => {
        void channel.close();
        return false;
      };
      channel.tail({ appended() {}, trimmed() {}, reset() {}, isNeeded });
      await channel.delete();
      await channel.close();
    }

    it("begins another life if an older copy was restored meanwhile", async () => {
      const log = newLog();
      const epoch = await publishAndCopy(log);
      await given.store.restore();
      const channel = await open(log);
      expect(channel.epoch).not.toBe(epoch);
      // A subscriber at event 20 has missed ten events.
      expect(channel.holds(epoch)).toBeUndefined();
      expect(await numbers(channel)).toEqual(range(1, 20));
    });

    it("begins another life although another process first published to the older copy", async () => {
      const log = newLog();
      const epoch = await publishAndCopy(log);
      await given.store.restore();
      const other = await open(newLog());
      await other.append(entries(101, 115));
      const channel = await open(log);
      expect(channel.epoch).not.toBe(epoch);
      expect(channel.holds(epoch)).toBeUndefined();
      expect(await numbers(channel)).toEqual([...range(1, 20), ...range(101, 115)]);
    });

    it("remembers what it had seen although it opens and closes the channel again, and receives nothing", async () => {
      const log = newLog();
      const epoch = await publishAndCopy(log);
      const again = await open(log);
      await again.close();
      await given.store.restore();
      const other = await open(newLog());
      await other.append(entries(101, 115));
      const channel = await open(log);
      expect(channel.holds(epoch)).toBeUndefined();
      expect(channel.epoch).not.toBe(epoch);
    });

    it("does not accept a life that it had deleted, if the life was restored meanwhile", async () => {
      const log = newLog();
      const epoch = await publishAndCopy(log);
      const channel = await open(log);
      await deleteUnneeded(channel);
      await given.store.restore();
      const restored = await open(log);
      expect(restored.epoch).not.toBe(epoch);
      expect(restored.holds(epoch)).toBeUndefined();
    });

    it("continues the life, with all positions, if other processes published meanwhile", async () => {
      const log = newLog();
      const channel = await open(log);
      await channel.append(entries(1, 20));
      await channel.close();
      const other = await open(newLog());
      await other.append(entries(21, 30));
      await other.trim(25);
      const again = await open(log);
      expect(again).toMatchObject({ epoch: channel.epoch, first: 26, last: 30 });
      await again.close();
      expect((await open(log)).epoch).toBe(channel.epoch);
    });

    it("enters the next life as it is if the channel was deleted meanwhile", async () => {
      const log = newLog();
      const channel = await open(log);
      await channel.append(entries(1, 20));
      await channel.close();
      const other = await open(newLog());
      await other.delete();
      await other.append(entries(21, 25));
      await given.store.restart?.();
      // Another process is the first that sees the restarted store.
      const further = await open(newLog());
      const again = await open(log);
      expect(again.epoch).toBe(further.epoch);
      expect(further.epoch === other.epoch ? 5 : further.holds(other.epoch)).toBe(5);
      expect(await again.wasDeleted?.(channel.epoch)).toBe(true);
      expect(await numbers(again)).toEqual(range(21, 25));
    });

    it("enters the life after a deletion by this process as it is", async () => {
      const log = newLog();
      const channel = await open(log);
      await channel.append(entries(1, 20));
      await deleteUnneeded(channel);
      const other = await open(newLog());
      await other.append(entries(21, 25));
      const again = await open(log);
      expect(again.epoch).toBe(other.epoch);
      await again.close();
      expect((await open(log)).epoch).toBe(other.epoch);
    });
  });
}
