import { expect, it } from "vitest";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { useRedis } from "../support/use-redis.ts";

const test = useRedis();

/** Redis needs longer for so many than the timeout of a channel. */
const CHANNELS = 20_000;
const TIMEOUT_MS = 2_000;

it("opens thousands of channels at once, which only takes longer", async () => {
  const { url } = await test.start();
  const log = redisLog({ url, timeout: TIMEOUT_MS });
  test.closeLater(log);
  const open = async (name: string) => log.open(name, { retain: KEEP_ALL });
  // On a busy machine the connection alone may take longer than the timeout.
  await expect.poll(() => open("first").catch(() => undefined)).toBeDefined();
  const channels = await Promise.all(Array.from({ length: CHANNELS }, (_, i) => open(`c${i}`)));
  expect(new Set(channels.map(({ epoch }) => epoch)).size).toBe(CHANNELS);
});
