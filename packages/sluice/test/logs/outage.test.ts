import { describe, expect, it } from "vitest";
import { createSluice, type ErrorContext, type Log } from "../../src/index.ts";
import { natsLog } from "../../src/logs/nats/nats-log.ts";
import { redisLog } from "../../src/logs/redis/redis-log.ts";
import { NATS_SERVER, startNats } from "../support/stores/nats-server.ts";
import { DURABLE, REDIS_SERVER, startRedis } from "../support/stores/redis-server.ts";
import { until } from "../support/until.ts";

/** Long enough for a loaded machine: an operation that fails before the outage would be reported too. */
const TIMEOUT_MS = 2_000;
const LIMIT_MS = 60_000;
const NODE_TIMEOUT_MS = 400;

const LOGS = [
  {
    name: "redisLog",
    can: REDIS_SERVER,
    start: () => startRedis(DURABLE),
    log: (url: string): Log => redisLog({ url, timeout: TIMEOUT_MS }),
  },
  {
    name: "natsLog",
    can: NATS_SERVER,
    start: () => startNats(),
    log: (servers: string): Log => natsLog({ servers, timeout: TIMEOUT_MS }),
  },
];

describe.each(LOGS)("an outage of the server of $name", ({ can, start, log }) => {
  it.skipIf(can === undefined)(
    "is reported once, however many uses of the log fail meanwhile, and again if it comes back",
    async () => {
      await using server = await start();
      const reports: { readonly error: unknown; readonly context: ErrorContext }[] = [];
      const onError = (error: unknown, context: ErrorContext) => void reports.push({ error, context });
      await using sluice = createSluice({ log: log(server.url), nodeTimeout: NODE_TIMEOUT_MS, onError });
      const channels = ["orders", "news", "prices"].map((name) => sluice.channel(name));
      const jobs = sluice.jobs("exports");
      const useEverything = async () => {
        const request = new Request("http://desk.example/orders");
        const streams = channels.map(async (channel) => {
          const { body } = await sluice.response(request, channel.subscribe());
          await body?.cancel();
        });
        const published = channels.map((channel) => channel.publish("n", 1));
        const job = jobs.start(async () => "done");
        await Promise.allSettled([...streams, ...published, job.published, channels[0]!.history()]);
      };
      await useEverything();
      expect(reports).toEqual([]);

      for (const outages of [1, 2]) {
        await server.kill();
        for (let round = 0; round < 2; round++) await useEverything();
        expect(reports).toMatchObject(Array.from({ length: outages }, () => ({ error: { code: "LOG_FAILED" } })));
        await server.start();
        await until("the log works again", async () => {
          await useEverything();
          return channels[0]!.publish("n", 2).then(
            () => true,
            () => false,
          );
        });
      }
      expect(reports).toHaveLength(2);
    },
    LIMIT_MS,
  );
});
