import { rename } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { sleep } from "../../src/base/time/timers.ts";
import { createSluice, type Log, type Sluice } from "../../src/index.ts";
import { natsLog } from "../../src/logs/nats/nats-log.ts";
import { redisLog } from "../../src/logs/redis/redis-log.ts";
import { startNats } from "../support/stores/nats-server.ts";
import { DURABLE, startRedis } from "../support/stores/redis-server.ts";
import { startProxy } from "../support/stores/tcp-proxy.mjs";
import { lmdbSuite } from "./lmdb/support/lmdb-suite.ts";

/** Timeout of the logs, in ms. */
const TIMEOUT_MS = 1_000;
/** A call that does not end within its timeout takes longer than this, on any machine. */
const ENDLESS_MS = 60_000;
const RETRY_PAUSE_MS = 50;
const EVENTS = [1, 2, 3];

/** Returns a node that has the channel `doc` open. */
async function nodeOn(log: Log): Promise<Sluice> {
  const sluice = createSluice({ log, onError: () => undefined });
  await sluice.channel("doc").position();
  return sluice;
}

/** Resolves to the data of all events of `doc`, as a node reads them. */
const eventsOf = async (sluice: Sluice) => (await sluice.channel("doc").history()).events.map(({ data }) => data);

/** Repeats work until it succeeds. Each failure must be that of the log. */
async function repeat<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + ENDLESS_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      expect(error).toMatchObject({ code: "LOG_FAILED" });
      if (performance.now() > end) throw error;
      await sleep(RETRY_PAUSE_MS);
    }
  }
}

/** Waits until both nodes read the same events, and returns these. */
async function agreedEvents(nodes: readonly Sluice[]): Promise<unknown[]> {
  let found: unknown[][] = [];
  const read = async () => (found = await Promise.all(nodes.map((node) => repeat(() => eventsOf(node)))));
  await expect.poll(async () => new Set((await read()).map(String)).size, { timeout: ENDLESS_MS }).toBe(1);
  return found[0]!;
}

/** Deletes `doc` on the first node while `breaking` breaks its store, repairs the store, and checks both nodes. */
async function checkDeletion(
  nodes: readonly [Sluice, Sluice],
  breaking: { readonly isInFlight: boolean; start(): unknown; repair(): unknown },
): Promise<void> {
  const [here, there] = nodes;
  for (const n of EVENTS) await repeat(() => here.channel("doc").publish("n", n, { id: `${n}` }));
  expect(await agreedEvents(nodes)).toEqual(EVENTS);
  const began = performance.now();
  if (!breaking.isInFlight) await breaking.start();
  const deleting = here
    .channel("doc")
    .delete()
    .then(
      () => "deleted",
      (error) => error,
    );
  if (breaking.isInFlight) await breaking.start();
  const outcome = await deleting;
  if (outcome !== "deleted") expect(outcome).toMatchObject({ code: "LOG_FAILED" });
  if (!breaking.isInFlight) expect(outcome, "the store is out of reach").not.toBe("deleted");
  expect(performance.now() - began).toBeLessThan(ENDLESS_MS);
  await breaking.repair();
  const left = await agreedEvents(nodes);
  // A deletion that was rejected may still be completed.
  expect([[], EVENTS].map(String)).toContain(String(left));
  if (outcome === "deleted") expect(left).toEqual([]);
  await repeat(() => here.channel("doc").delete());
  expect(await agreedEvents(nodes)).toEqual([]);
  await repeat(() => there.channel("doc").publish("n", 4, { id: "1" }));
  expect(await agreedEvents(nodes)).toEqual([4]);
}

const SERVERS = [
  {
    name: "redisLog",
    start: () => startRedis(DURABLE),
    log: (port: number) => redisLog({ url: `redis://127.0.0.1:${port}`, timeout: TIMEOUT_MS }),
  },
  {
    name: "natsLog",
    start: () => startNats(),
    log: (port: number) => natsLog({ servers: `nats://127.0.0.1:${port}`, timeout: TIMEOUT_MS }),
  },
];

describe.each(SERVERS)("a deletion while the server of $name fails", ({ start, log }) => {
  for (const isInFlight of [false, true]) {
    const when = isInFlight ? "in the middle" : "before";

    it(`deletes all or nothing, rejects in time and can be repeated: the server is killed ${when}`, async () => {
      await using server = await start();
      await using here = await nodeOn(log(server.port));
      await using there = await nodeOn(log(server.port));
      const breaking = { isInFlight, start: () => server.kill(), repair: () => server.start() };
      await checkDeletion([here, there], breaking);
    });

    it(`deletes all or nothing, rejects in time and can be repeated: the server stands still ${when}`, async () => {
      await using server = await start();
      await using here = await nodeOn(log(server.port));
      await using there = await nodeOn(log(server.port));
      const breaking = { isInFlight, start: () => server.pause(), repair: () => server.resume() };
      await checkDeletion([here, there], breaking);
    });

    it(`deletes all or nothing, rejects in time and can be repeated: the connection dies ${when}`, async () => {
      await using server = await start();
      await using proxy = await startProxy(server.port);
      await using here = await nodeOn(log(proxy.port));
      await using there = await nodeOn(log(server.port));
      const breaking = { isInFlight, start: () => proxy.swallow(), repair: () => proxy.resume() };
      await checkDeletion([here, there], breaking);
    });
  }
});

describe("a deletion while the folder of lmdbLog is away", () => {
  const suite = lmdbSuite();

  for (const isInFlight of [false, true]) {
    const when = isInFlight ? "in the middle" : "before";

    it(`deletes all or nothing, rejects and can be repeated: the folder is moved away ${when}`, async () => {
      const path = suite.path(`doc-${isInFlight}`);
      await using here = await nodeOn(suite.log({ path }));
      await using there = await nodeOn(suite.log({ path }));
      const move = async () => {
        await rename(path, `${path}-away`);
        // The log notices that its files are lost.
        if (!isInFlight) await expect.poll(() => eventsOf(here).catch(() => "lost")).toBe("lost");
      };
      const breaking = { isInFlight, start: move, repair: () => rename(`${path}-away`, path) };
      await checkDeletion([here, there], breaking);
    });
  }
});
