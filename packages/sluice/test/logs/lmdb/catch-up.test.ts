import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep } from "../../../src/base/timers.ts";
import { lmdbLog } from "../../../src/logs/lmdb/lmdb-log.ts";
import type { ChannelLog } from "../../../src/logs/log.ts";
import { KEEP_ALL } from "../support/log-contract.ts";
import { NodeProcess, OFTEN_COLLECTED } from "../support/node-process.ts";

const MEBIBYTE = 1_048_576;
const CHANNELS = 40;
const EVENTS = 80;
/** Events of each channel that the node receives live, so that its heap has its usual size before it falls behind. */
const LIVE_EVENTS = 10;
const EVENT_BYTES = 65_536;
/** The most that may be in flight, over all channels. The rest of the growth is garbage. */
const IN_FLIGHT_BYTES = 8 * MEBIBYTE;
/** A channel's window keeps this much after its node has caught up: a part of its limit, and the last portion read. */
const WINDOW_BYTES = 256 * 1024;
/** Twice as much: on a busy machine garbage lives longer. Without turns the process grows by more than 200 MiB. */
const MAX_GROWTH_BYTES = 2 * (4 * IN_FLIGHT_BYTES + CHANNELS * WINDOW_BYTES);
const MEASURE_EVERY_MS = 5;

/** A node with open channels. It can stand still without holding LMDB's lock. */
const PROGRAM = `
  import { existsSync } from "node:fs";
  import { createSluice } from "./sluice.js";
  import { lmdbLog } from "./lmdbLog.js";

  const sluice = createSluice({ log: lmdbLog(JSON.parse(process.argv[3])) });
  const channels = Array.from({ length: ${CHANNELS} }, (_, i) => sluice.channel("c" + i));
  const position = async (channel) => Number((await channel.position()).split("-")[1]);
  const commands = {
    known: async () => (await Promise.all(channels.map(position))).reduce((sum, offset) => sum + offset),
    standStill({ until }) {
      const clock = new Int32Array(new SharedArrayBuffer(4));
      while (!existsSync(until)) Atomics.wait(clock, 0, 0, 10);
      return "running";
    },
  };
  process.on("message", async (message) => process.send({ answer: await commands[message.do](message) }));
  process.on("disconnect", () => process.exit());
`;

const SRC = fileURLToPath(new URL("../../../src/", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../../../node_modules", import.meta.url));

describe.skipIf(platform() !== "linux")("a node that has missed much in LMDB", { timeout: 120_000 }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-catch-up-"));
    const input = { sluice: join(SRC, "index.ts"), lmdbLog: join(SRC, "logs/lmdb/lmdb-log.ts") };
    await build({ input, external: ["lmdb"], output: { dir: folder } });
    await symlink(MODULES, join(folder, "node_modules"), "dir");
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(join(folder, "node.js"), PROGRAM);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it("catches up on many channels in bounded memory", async () => {
    const path = join(folder, "data");
    const log = lmdbLog({ path });
    const open = async (_: unknown, i: number) => log.open(`c${i}`, { retain: KEEP_ALL });
    const channels = await Promise.all(Array.from({ length: CHANNELS }, open));
    using node = new NodeProcess(join(folder, "node.js"), "lmdbLog", { path }, OFTEN_COLLECTED);
    const untilKnown = async (events: number) => {
      while ((await node.ask<number>({ do: "known" })) < CHANNELS * events) await sleep(MEASURE_EVERY_MS);
    };
    await untilKnown(0);
    await fill(channels, LIVE_EVENTS);
    await untilKnown(LIVE_EVENTS);
    const until = join(folder, "go-on");
    const running = node.ask({ do: "standStill", until });
    await fill(channels, EVENTS);
    await log.close();

    const before = node.residentBytes;
    let most = before;
    const measuring = setInterval(() => {
      most = Math.max(most, node.residentBytes);
    }, MEASURE_EVERY_MS);
    await writeFile(until, "");
    await running;
    await untilKnown(LIVE_EVENTS + EVENTS);
    clearInterval(measuring);
    expect(most - before).toBeLessThan(MAX_GROWTH_BYTES);
  });
});

/** Appends events to each channel, some at a time. */
async function fill(channels: readonly ChannelLog[], events: number): Promise<void> {
  const entry = { type: "n", data: "x".repeat(EVENT_BYTES), json: false };
  for (let n = 0; n < events; n += LIVE_EVENTS) {
    const some = Array.from({ length: LIVE_EVENTS }, () => entry);
    await Promise.all(channels.map((channel) => channel.append(some)));
  }
}
