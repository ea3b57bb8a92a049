import { describe } from "vitest";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { REDIS_SERVER } from "../../../support/stores/redis-server.ts";
import { holdsFewParts } from "../../support/contracts/held-parts-contract.ts";
import { useRedis } from "../support/use-redis.ts";

const TIMEOUT_MS = 30_000;

describe.skipIf(REDIS_SERVER === undefined)("a Redis log that catches up", () => {
  const { start, proxyTo, closeLater } = useRedis();

  holdsFewParts(4, async () => {
    const { url, port } = await start();
    const proxy = await proxyTo(port);
    const node = redisLog({ url: `redis://127.0.0.1:${proxy.port}`, timeout: TIMEOUT_MS });
    const other = redisLog({ url, timeout: TIMEOUT_MS });
    closeLater(node);
    closeLater(other);
    const cutOffDuring = async (append: () => Promise<void>) => {
      proxy.refuse();
      await append();
      proxy.resume();
    };
    return { node, other, cutOffDuring };
  });
});
