import { describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { REDIS_SERVER, type RedisServer } from "../../../support/stores/redis-server.ts";
import { entries, entry, numbersOf, range, readNumbers, retry, useRedis } from "../support/use-redis.ts";

const LOG = "sluice:{orders}:log";

/** Returns the number of commands that Redis executed so far. */
async function commandsOf(redis: RedisServer): Promise<number> {
  const info = await redis.ask("INFO stats");
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1]);
}

describe.skipIf(REDIS_SERVER === undefined)("redisLog, when another program writes to its stream", () => {
  const { start, join } = useRedis();

  for (const id of ["*", "3-5", "4-0", "4-7", "9-0"]) {
    it(`removes the entry ${id}, reports it once, and goes on`, async () => {
      const redis = await start();
      const [a, b] = [await join(redis.port), await join(redis.port)];
      await a.channel.append(entries(1, 3));
      await expect.poll(() => b.channel.last).toBe(3);
      const { epoch } = a.channel;
      await redis.ask(`XADD ${LOG} ${id} name value`);
      const reports = () => [...a.errors, ...b.errors].map(({ message }) => message);
      await expect.poll(() => reports().length).toBe(1);
      expect(reports()[0]).toContain(`Another program wrote to the stream ${LOG}`);
      expect(await b.channel.append([entry(4)])).toEqual([4]);
      expect(await a.channel.append([entry(5)])).toEqual([5]);
      await expect.poll(() => numbersOf(a.seen)).toEqual(range(1, 5));
      await expect.poll(() => numbersOf(b.seen)).toEqual(range(1, 5));
      expect(await readNumbers(a.channel)).toEqual(range(1, 5));
      expect([a.channel.epoch, b.channel.epoch]).toEqual([epoch, epoch]);
      expect(reports()).toHaveLength(1);
    });
  }

  it("opens a stream that was written to while no process was up", async () => {
    const redis = await start();
    const a = await join(redis.port);
    await a.channel.append(entries(1, 3));
    const { epoch } = a.channel;
    await a.log.close();
    for (let n = 0; n < 200; n++) await redis.ask(`XADD ${LOG} * name value`);
    const b = await join(redis.port);
    expect(await b.channel.append([entry(4)])).toEqual([4]);
    expect(await readNumbers(b.channel)).toEqual(range(1, 4));
    expect(b.channel.epoch).toBe(epoch);
  });

  it("appends again if the other program has deleted its entry", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append(entries(1, 3));
    await redis.ask(`XSETID ${LOG} 99-0`);
    expect(await channel.append([entry(4)])).toEqual([4]);
  });

  it("sends few commands and reports the refusal once if it may not remove the entry", async () => {
    const redis = await start();
    const { channel, errors, seen } = await join(redis.port);
    await channel.append(entries(1, 3));
    await redis.ask("ACL SETUSER default -xdel");
    await redis.ask(`XADD ${LOG} * name value`);
    await expect.poll(() => errors.length).toBe(1);
    expect(errors[0]!.message).toContain("can't run this command");
    const before = await commandsOf(redis);
    await sleep(2_500);
    expect((await commandsOf(redis)) - before).toBeLessThan(60);
    expect(errors).toHaveLength(1);
    await redis.ask("ACL SETUSER default +xdel");
    expect(await retry(() => channel.append([entry(4)]))).toEqual([4]);
    await expect.poll(() => numbersOf(seen)).toEqual(range(1, 4));
  });

  it("takes over entries of its own that a migration copied after the hash", async () => {
    const redis = await start();
    const a = await join(redis.port);
    await a.channel.append([...entries(1, 2), entry(3, { id: "own/3" })]);
    await redis.ask("COPY sluice:{orders}:meta copy");
    await a.channel.append([entry(4), entry(5, { id: "own/5" })]);
    await a.log.close();
    await redis.ask("COPY copy sluice:{orders}:meta REPLACE");
    await redis.ask("DEL sluice:{orders}:ids");
    const { channel, errors } = await join(redis.port);
    expect(channel.last).toBe(5);
    expect(await channel.append([entry(5, { id: "own/5" })])).toEqual([5]);
    expect(await channel.append([entry(6)])).toEqual([6]);
    expect(await readNumbers(channel)).toEqual(range(1, 6));
    expect(errors).toEqual([]);
  });
});
