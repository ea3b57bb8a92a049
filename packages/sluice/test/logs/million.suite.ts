import { platform } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildNodeProgram, type NodeProgram } from "../support/programs/node-program.ts";
import { expectRoundBelow } from "../support/rounds.ts";
import { NATS_SERVER, startNats } from "../support/stores/nats-server.ts";
import { REDIS_SERVER, startRedis } from "../support/stores/redis-server.ts";
import { until } from "../support/until.ts";
import { appendToStream } from "./nats/support/append-to-stream.ts";
import { NumberReader } from "./support/number-reader.ts";
import { NODE_PROGRAM, NodeProcess } from "./support/processes/node-process.ts";

/*
 * One node fills the log with far more events than a process may hold in memory. Another node replays them to a lagging
 * subscriber, and keeps a second subscriber live meanwhile.
 */

const MEBIBYTE = 1_048_576;
/** Events in a log: their number, and the characters that follow the number in each event's data. */
interface Load {
  readonly events: number;
  readonly characters: number;
}
/** Some 300 MB. */
const A_MILLION: Load = { events: 1_000_000, characters: 300 };
/** Some 200 MB, in less time: a server has to store each event. A process that keeps them all grows by 500 MB. */
const FEWER: Load = { events: 50_000, characters: 4_000 };
/** The replaying process may grow by this many bytes. Much of the growth is garbage that was not collected yet. */
const MAX_GROWTH_BYTES = 160 * MEBIBYTE;
/** A busy machine collects garbage late. Then the process grows more. */
const ATTEMPTS = 3;
/** How often the test reads the process's memory, in ms. */
const MEASURE_EVERY_MS = 10;
/** Events published during the replay, spread over its first half. */
const LIVE_EVENTS = 10;
const TIMEOUT_MS = 300_000;

describe.skipIf(platform() !== "linux")("a subscriber that is far behind", () => {
  let program: NodeProgram;

  beforeAll(async () => {
    program = await buildNodeProgram(NODE_PROGRAM);
  });

  afterAll(() => program[Symbol.asyncDispose]());

  /** Publishes events in a process of its own. */
  async function publish(kind: string, options: object, load: Load): Promise<void> {
    using filling = new NodeProcess(program.file, kind, options);
    await filling.ask({ do: "fill", ...load });
  }

  /** Replays the events that the log already has, in bounded memory. */
  async function replay(kind: string, options: object, { events }: Load): Promise<void> {
    let round = 0;
    const measure = () => growthOfReplay(kind, options, events + round++ * LIVE_EVENTS);
    await expectRoundBelow(MAX_GROWTH_BYTES, measure, ATTEMPTS);
  }

  /** Replays all events of a log, and publishes more meanwhile. Returns the bytes by which the process grows. */
  async function growthOfReplay(kind: string, options: object, events: number): Promise<number> {
    using publishing = new NodeProcess(program.file, kind, options);
    const position = await publishing.ask<string>({ do: "position" });
    const [epoch = ""] = position.split("-");
    expect(position).toBe(`${epoch}-${events}`);

    using serving = new NodeProcess(program.file, kind, options);
    const port = await serving.ask<number>({ do: "serve" });
    /** The position of the lagging subscriber at the moment each new event reached the live one. */
    const progress: number[] = [];
    using live: NumberReader = new NumberReader(port, epoch, events, () => {
      while (events + progress.length < live.last) progress.push(lagging.last);
    });
    await until("the live subscriber is connected", () => live.isOpen);

    const before = serving.residentBytes;
    let most = before;
    const measuring = setInterval(() => {
      most = Math.max(most, serving.residentBytes);
    }, MEASURE_EVERY_MS);
    let published = events;
    using lagging: NumberReader = new NumberReader(port, epoch, 0, () => {
      const parts = Math.floor((lagging.last / events) * 2 * LIVE_EVENTS);
      while (published < events + Math.min(parts, LIVE_EVENTS)) publishing.send({ do: "publish", n: ++published });
    });
    const isOver = () => lagging.failure !== undefined || lagging.last === events + LIVE_EVENTS;
    await expect.poll(isOver, { timeout: TIMEOUT_MS }).toBe(true);
    clearInterval(measuring);
    expect(lagging.failure).toBeUndefined();
    await until("the live subscriber has every event", () => progress.length === LIVE_EVENTS);
    expect(live.failure).toBeUndefined();
    // On a busy machine, the replay may overtake the last of the events that are published during its first half.
    expect(progress[0]).toBeLessThan(events);
    return most - before;
  }

  it("receives a million events from LMDB in bounded memory, while another stays live", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const options = { path: join(program.folder, "data") };
    await publish("lmdbLog", options, A_MILLION);
    await replay("lmdbLog", options, A_MILLION);
  });

  it.skipIf(REDIS_SERVER === undefined)("receives 200 MB from Redis, too", { timeout: TIMEOUT_MS }, async () => {
    await using server = await startRedis();
    await publish("redisLog", { url: server.url }, FEWER);
    await replay("redisLog", { url: server.url }, FEWER);
  });

  it.skipIf(NATS_SERVER === undefined)("receives 200 MB from NATS, too", { timeout: TIMEOUT_MS }, async () => {
    await using server = await startNats();
    const options = { servers: server.url };
    await publish("natsLog", options, { ...FEWER, events: 1 });
    // Publishing with message IDs and answers would take NATS several times as long as the replay.
    const filler = "x".repeat(FEWER.characters);
    const numberOf = (offset: number) => ({ type: "number", data: `${offset} ${filler}`, json: false });
    await appendToStream(server.url, "numbers", { from: 2, to: FEWER.events, entryAt: numberOf });
    await replay("natsLog", options, FEWER);
  });
});
