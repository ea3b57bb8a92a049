import { createClient } from "redis";
import { expect, it } from "vitest";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { closing } from "../../support/contracts/delete-contract.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { useRedis } from "../support/use-redis.ts";

const test = useRedis();

it("leaves four keys of a thousand channels that were made and deleted, and no key for each", async () => {
  const { port } = await test.start();
  const url = `redis://127.0.0.1:${port}`;
  const log = redisLog({ url, prefix: "p:" });
  test.closeLater(log);
  const client = await createClient({ url }).connect();
  try {
    const make = async (i: number) => {
      const channel = await log.open(`doc:${i}`, { retain: KEEP_ALL });
      channel.tail(closing(channel));
      await channel.append([{ type: "n", data: "1", json: true, id: `own/${i}` }]);
      return channel;
    };
    const channels = await Promise.all(Array.from({ length: 1_000 }, (_, i) => make(i)));
    expect(await client.dbSize()).toBe(3_003);
    await Promise.all(channels.map((channel) => channel.delete()));
    expect((await client.keys("*")).sort()).toEqual(["p:changes", "p:deleted", "p:nodes", "p:timeline"]);
    expect(await client.hLen("p:deleted")).toBeLessThanOrEqual(1_296);
  } finally {
    client.destroy();
  }
});
