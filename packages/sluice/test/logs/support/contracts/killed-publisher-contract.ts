import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import type { Log, LogEntry, NewEntry } from "../../../../src/logs/log.ts";
import { type LogOfProgram, PublisherProgram, wholeCalls } from "../processes/publisher-program.ts";
import { KEEP_ALL, recorder } from "./log-contract.ts";

/** Rounds in which publishers are killed, publishers in each round, and the longest time that they live, in ms. */
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 3);
const PUBLISHERS = 3;
const MAX_LIFE_MS = 120;

/**
 * Tests that a log keeps all entries of a call of `append` or none, also if processes are killed that append to it.
 * `log` is how they make a log on an empty store, and how this process does.
 */
export function killedPublisherContract(name: string, log: () => Promise<LogOfProgram & { open(): Log }>): void {
  describe(`${name}, whose publishers are killed`, { timeout: 120_000 }, () => {
    let store: LogOfProgram & { open(): Log };
    let program: PublisherProgram;
    const logs: Log[] = [];

    beforeAll(async () => {
      store = await log();
      program = await PublisherProgram.build(store);
    });

    afterAll(async () => {
      for (const opened of logs) await opened.close();
      await program.remove();
    });

    const open = () => {
      const opened = store.open();
      logs.push(opened);
      return opened.open("orders", { retain: KEEP_ALL });
    };
    const single = (call: string): NewEntry[] => [
      { type: "n", data: JSON.stringify({ call, i: 0, size: 1 }), json: true },
    ];

    it("has all entries of a call or none, and every process receives them together", async () => {
      const channel = await open();
      const { seen, calls, listener } = recorder();
      channel.tail(listener);
      for (let round = 0; round < ROUNDS; round++) {
        const children = await Promise.all(Array.from({ length: PUBLISHERS }, () => program.start()));
        const kills = children.map(async (child) => {
          await sleep(Math.random() * MAX_LIFE_MS);
          child.kill("SIGKILL");
        });
        // This process publishes too, and goes on afterwards.
        for (let i = 0; i < 5; i++) await channel.append(single(`${round}/${i}`));
        await Promise.all(kills);
      }
      // The store may still execute what it received from them.
      for (let before = -1; before !== channel.last; await channel.sync()) {
        before = channel.last;
        await sleep(100);
      }
      await channel.append(single("last"));
      await channel.sync();
      const order = wholeCalls(seen);
      expect(order.at(-1)).toBe("last");
      expect(order.length).toBeGreaterThan(ROUNDS * 5 + 1);
      expect(new Set(order).size).toBe(order.length);
      let end = 0;
      for (const count of calls) expect(seen[(end += count) - 1]!.more).toBeUndefined();
      // A page may begin and end in the middle of a call. Another process reads the same entries.
      const other = await open();
      const read: LogEntry[] = [];
      while (read.length < other.last) {
        const page = await other.read(read.length, 97, 1e7);
        if (page === "gone") throw new Error("Entries are gone.");
        read.push(...page);
      }
      const essence = (entries: readonly LogEntry[]) =>
        entries.map(({ offset, isVoid, more, data }) => ({ offset, isVoid, more, data }));
      expect(essence(read)).toEqual(essence(seen));
    });
  });
}
