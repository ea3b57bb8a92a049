import { describe, expect, it } from "vitest";
import { redisLog } from "../../../src/logs/redis/redis-log.ts";
import { FAKETIME, wrongClock } from "../../support/clocks/wrong-clock.ts";
import { REDIS_SERVER } from "../../support/stores/redis-server.ts";
import { KEEP_ALL, recorder } from "../support/contracts/log-contract.ts";
import { buildFollower } from "../support/processes/follower-program.ts";
import { NodeProcess } from "../support/processes/node-process.ts";
import { entries, entry, numbersOf, useRedis } from "./support/use-redis.ts";

const AGE_MS = 60_000;
const WRONG_BY_S = 120;
/** Entries and clocks of this machine agree within this time, in ms. */
const TOLERANCE_MS = 20_000;

const CAN_RUN = REDIS_SERVER !== undefined && FAKETIME !== undefined;

describe.skipIf(!CAN_RUN)("retain.age on Redis, if clocks differ", () => {
  const { start, closeLater } = useRedis();

  it.each([
    ["ahead", WRONG_BY_S],
    ["behind", -WRONG_BY_S],
  ])("keeps young events although the clock of one node is two minutes %s", async (_, seconds) => {
    const redis = await start();
    const open = async () => {
      const log = redisLog({ url: redis.url });
      closeLater(log);
      return log.open("c0", { retain: { ...KEEP_ALL, age: AGE_MS } });
    };
    const channel = await open();
    const { seen, listener } = recorder();
    channel.tail(listener);
    await channel.append(entries(1, 3));

    await using program = await buildFollower("redisLog");
    await using node = new NodeProcess(program.path, "redisLog", { url: redis.url }, [], wrongClock(seconds));
    // The node trims when it opens the channel.
    const time = await node.ask<number>({ do: "follow", channels: 1, age: AGE_MS });
    expect(Math.abs(time - seconds * 1_000 - Date.now())).toBeLessThan(TOLERANCE_MS);
    expect(await node.ask({ do: "append", entry: entry(4) })).toEqual([4]);

    // This node trims when it opens the channel again.
    const again = await open();
    const found = await again.read(0, 10, 1e6);
    expect(found).not.toBe("gone");
    expect(numbersOf(found as typeof seen)).toEqual([1, 2, 3, 4]);
    await channel.sync();
    expect(numbersOf(seen)).toEqual([1, 2, 3, 4]);
    expect(channel.first).toBe(1);
    for (const { time } of seen) expect(Math.abs(time - Date.now())).toBeLessThan(TOLERANCE_MS);
    // The node that appended has the same times as every other.
    expect(seen).toEqual(found);
  });
});
