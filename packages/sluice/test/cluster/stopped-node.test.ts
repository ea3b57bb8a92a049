import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLUSTER_CHANNEL } from "../../src/cluster/cluster-events.ts";
import { createSluice, type Log } from "../../src/index.ts";
import { lmdbLog } from "../../src/logs/lmdb/lmdb-log.ts";
import { redisLog } from "../../src/logs/redis/redis-log.ts";
import { NodeProcess } from "../logs/support/processes/node-process.ts";
import { readEventStream } from "../support/patient-testing.ts";
import type { NodeProgram } from "../support/programs/node-program.ts";
import { REDIS_SERVER, startRedis } from "../support/stores/redis-server.ts";
import { buildStreamServer } from "./support/stream-server.ts";

/** More than the log keeps of the channel of beats. */
const BEATS = 30_000;
const BEATS_PER_APPEND = 1_000;

let program: NodeProgram;

beforeAll(async () => {
  program = await buildStreamServer();
});

afterAll(() => program[Symbol.asyncDispose]());

/** Appends beats that report changes of the presence, as many nodes do. */
async function churnPresence(log: Log): Promise<void> {
  const channel = await log.open(CLUSTER_CHANNEL, { retain: { events: 10_000, bytes: 16_777_216, age: 3_600_000 } });
  for (let n = 0; n < BEATS; n += BEATS_PER_APPEND) {
    const beat = (i: number) => {
      const channels = [{ channel: "orders", subscribers: i % 7, topics: [["x", i % 7]] }];
      return { node: `n${i % 9}`, timeout: 1_000, at: n + i, whole: i < 9, channels };
    };
    const toEntry = (_: unknown, i: number) => ({ type: "beat", data: JSON.stringify(beat(i)), json: true });
    await channel.append(Array.from({ length: BEATS_PER_APPEND }, toEntry));
  }
  await log.close();
}

/** A user signs out and in again while a node is stopped. */
async function signOutWhileStopped(kind: string, options: object, makeLog: () => Log): Promise<void> {
  using node = new NodeProcess(program.file, kind, options);
  const port = await node.ask<number>({});
  await using sluice = createSluice({ log: makeLog(), nodeTimeout: 1_000 });
  const orders = sluice.channel("orders");
  const open = (user: string) => readEventStream(`http://127.0.0.1:${port}/${user}`);
  const signedOut = await open("ada");
  await using other = await open("ben");
  await expect.poll(() => sluice.presence("orders").subscribers).toBe(2);

  node.stop();
  await sluice.disconnect({ user: "ada" }, { cluster: true });
  await churnPresence(makeLog());
  const signedIn = open("ada");
  node.resume();

  expect(await signedOut.rest()).toEqual([]);
  await using again = await signedIn;
  await orders.publish("placed", 1);
  for (const stream of [again, other]) expect(await stream.next()).toMatchObject({ type: "placed", data: "1" });
}

describe("a node whose process was stopped while a user signed out everywhere, and in again", () => {
  it("ends the old streams of the user, and keeps the new one, on LMDB", async () => {
    const options = { path: join(program.folder, "log") };
    await signOutWhileStopped("lmdbLog", options, () => lmdbLog(options));
  });

  it.skipIf(REDIS_SERVER === undefined)(
    "ends the old streams of the user, and keeps the new one, on Redis",
    async () => {
      await using redis = await startRedis();
      const options = { url: redis.url };
      await signOutWhileStopped("redisLog", options, () => redisLog(options));
    },
  );
});
