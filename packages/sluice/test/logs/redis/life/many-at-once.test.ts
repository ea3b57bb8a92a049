import { expect, it } from "vitest";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { KEEP_ALL } from "../../support/log-contract.ts";
import { useRedis } from "../support/use-redis.ts";

const test = useRedis();

/** Redis needs longer for so many than the timeout of a channel. */
const CHANNELS = 10_000;
const TIMEOUT_MS = 250;

it("opens thousands of channels at once, which only takes longer", async () => {
  const { url } = await test.start();
  const log = redisLog({ url, timeout: TIMEOUT_MS });
  test.closeLater(log);
  const opening = Array.from({ length: CHANNELS }, (_, i) => log.open(`c${i}`, { retain: KEEP_ALL }));
  const channels = await Promise.all(opening);
  expect(new Set(channels.map(({ epoch }) => epoch)).size).toBe(CHANNELS);
}, 60_000);
