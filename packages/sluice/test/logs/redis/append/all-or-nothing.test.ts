import { describe, expect, it } from "vitest";
import { REDIS_SERVER } from "../../../support/stores/redis-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { entry, numbersOf, readNumbers, retry, useRedis } from "../support/use-redis.ts";

/** The commands of the append script. */
const COMMANDS = ["hset", "time", "xadd", "xrange", "xtrim", "zadd", "zremrangebyscore", "zscore"];

describe.skipIf(REDIS_SERVER === undefined)("an append that Redis refuses", () => {
  const { start, join } = useRedis();

  for (const command of COMMANDS) {
    it(`for lack of the permission +${command} stores nothing, and succeeds once it is granted`, async () => {
      const redis = await start();
      const { channel, seen } = await join(redis.port, { ...KEEP_ALL, events: 3 });
      await channel.append([entry(1)]);
      await redis.ask(`ACL SETUSER default -${command}`);
      // The last of them exceeds the limit, so the log is trimmed, too.
      const refused = channel.append([entry(2, { id: "own/2" }), entry(3), entry(4)]);
      await expect(refused).rejects.toMatchObject({ code: "LOG_FAILED" });
      expect(await redis.ask("XLEN sluice:{orders}:log")).toBe(":1\r\n");
      await redis.ask(`ACL SETUSER default +${command}`);
      const again = () => channel.append([entry(2, { id: "own/2" }), entry(3), entry(4)]);
      expect(await retry(again)).toEqual([2, 3, 4]);
      expect(await readNumbers(channel, 1)).toEqual([2, 3, 4]);
      await expect.poll(() => numbersOf(seen)).toEqual([1, 2, 3, 4]);
    });
  }

  it("because of a key of another type stores nothing, and succeeds once the key is gone", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append([entry(1)]);
    await redis.ask("SET sluice:{orders}:ids text");
    await expect(channel.append([entry(2, { id: "own/2" })])).rejects.toMatchObject({ code: "LOG_FAILED" });
    expect(await redis.ask("XLEN sluice:{orders}:log")).toBe(":1\r\n");
    await redis.ask("DEL sluice:{orders}:ids");
    expect(await channel.append([entry(2, { id: "own/2" })])).toEqual([2]);
    expect(await readNumbers(channel)).toEqual([1, 2]);
  });

  it("for lack of memory stores nothing, and succeeds once there is memory", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append([entry(1)]);
    await redis.ask("CONFIG SET maxmemory 1");
    await expect(channel.append([entry(2, { id: "own/2" })])).rejects.toMatchObject({ code: "LOG_FAILED" });
    await redis.ask("CONFIG SET maxmemory 0");
    expect(await channel.append([entry(2, { id: "own/2" })])).toEqual([2]);
    expect(await readNumbers(channel)).toEqual([1, 2]);
  });
});
