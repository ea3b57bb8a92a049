import { describe, expect, it } from "vitest";
import { sleep } from "../../src/base/time/timers.ts";
import { createSluice, type ErrorContext, type Log, type Sluice } from "../../src/index.ts";
import { natsLog } from "../../src/logs/nats/nats-log.ts";
import { redisLog } from "../../src/logs/redis/redis-log.ts";
import { NATS_SERVER, startNats } from "../support/stores/nats-server.ts";
import { DURABLE, REDIS_SERVER, startRedis } from "../support/stores/redis-server.ts";
import { startProxy } from "../support/stores/tcp-proxy.mjs";
import { until } from "../support/until.ts";
import { PASSWORD, textOf } from "./redis/support/password.ts";

/** Long enough for a loaded machine: an operation that fails before the outage would be reported too. */
const TIMEOUT_MS = 2_000;
const LIMIT_MS = 300_000;
const NODE_TIMEOUT_MS = 400;
const STREAMS = 5;
/** Breaks of a connection that flaps, and the time between two, in ms. */
const FLAPS = 12;
const FLAP_MS = 250;

interface Report {
  readonly error: Error;
  readonly context: ErrorContext;
}

const LOGS = [
  {
    name: "redisLog",
    store: "Redis at 127.0.0.1:",
    can: REDIS_SERVER,
    start: () => startRedis([...DURABLE, "--requirepass", PASSWORD]),
    log: (port: number): Log => redisLog({ url: `redis://:${PASSWORD}@127.0.0.1:${port}`, timeout: TIMEOUT_MS }),
  },
  {
    name: "natsLog",
    store: "NATS at 127.0.0.1:",
    can: NATS_SERVER,
    start: () => startNats({ user: "desk", pass: PASSWORD }),
    log: (port: number): Log => natsLog({ servers: `nats://desk:${PASSWORD}@127.0.0.1:${port}`, timeout: TIMEOUT_MS }),
  },
];

// The logs at the same time: the tests mostly wait for timeouts.
describe.concurrent.each(LOGS)("an outage of $name's server", { timeout: LIMIT_MS }, ({ can, start, log, store }) => {
  /** A node with several channels, open streams, and jobs. */
  async function node(port: number) {
    const reports: Report[] = [];
    const onError = (error: unknown, context: ErrorContext) => void reports.push({ error: error as Error, context });
    const sluice = createSluice({ log: log(port), nodeTimeout: NODE_TIMEOUT_MS, onError });
    const useEverything = useOf(sluice);
    await useEverything();
    const { body } = await sluice.response(new Request("http://desk.example/"), sluice.channel("orders").subscribe());
    const works = async () => {
      await useEverything();
      return sluice
        .channel("orders")
        .publish("n", 2)
        .then(
          () => true,
          () => false,
        );
    };
    const close = async () => {
      await body?.cancel();
      await sluice.close();
    };
    return { reports, useEverything, works, [Symbol.asyncDispose]: close };
  }

  it.skipIf(can === undefined).sequential(
    "is reported once with its server, however many uses of the log fail meanwhile, and once more when it is over",
    async () => {
      await using server = await start();
      await using desk = await node(server.port);
      const { reports } = desk;
      expect(reports).toEqual([]);

      for (const outage of [0, 1]) {
        await server.kill();
        for (let round = 0; round < 2; round++) await desk.useEverything();
        expect(reports).toHaveLength(2 * outage + 1);
        const { error, context } = reports[2 * outage]!;
        expect(context).toEqual({ stage: "log" });
        expect(error).toMatchObject({ code: "LOG_FAILED", message: expect.stringContaining(`${store}${server.port}`) });
        expect(error.message).not.toContain("channel");

        await server.start();
        await until("the log works again", desk.works);
        await until("the end is reported", () => reports.length === 2 * outage + 2);
        const over = reports[2 * outage + 1]!;
        expect(over.context).toEqual({ stage: "log", isOver: true });
        expect(over.error.message).toMatch(`${store}${server.port} works again. The outage took `);
        expect(over.error.cause).toBe(error);
      }
      for (const { error } of reports) expect(textOf(error)).not.toContain(PASSWORD);
    },
  );

  it.skipIf(can === undefined).sequential("is one outage while the connection breaks again and again", async () => {
    await using server = await start();
    await using proxy = await startProxy(server.port);
    await using desk = await node(proxy.port);
    const { reports } = desk;
    for (let flap = 0; flap < FLAPS; flap++) {
      proxy.cut();
      await sleep(FLAP_MS);
    }
    await until("the end is reported", () => reports.some(({ context }) => context.isOver));
    expect(reports.map(({ context }) => context)).toEqual([{ stage: "log" }, { stage: "log", isOver: true }]);
  });
});

/** Returns a function that opens streams, publishes to several channels, reads, and starts a job. */
function useOf(sluice: Sluice): () => Promise<void> {
  const channels = ["orders", "news", "prices"].map((name) => sluice.channel(name));
  const jobs = sluice.jobs("exports");
  return async () => {
    const request = new Request("http://desk.example/orders");
    const streams = Array.from({ length: STREAMS }, async (_, n) => {
      const { body } = await sluice.response(request, channels[n % channels.length]!.subscribe());
      await body?.cancel();
    });
    const published = channels.map((channel) => channel.publish("n", 1));
    const job = jobs.start(async () => "done");
    await Promise.allSettled([...streams, ...published, job.published, channels[0]!.history()]);
  };
}
