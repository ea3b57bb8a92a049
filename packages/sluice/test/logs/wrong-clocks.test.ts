import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../src/base/time/timers.ts";
import type { Presence } from "../../src/cluster/presence.ts";
import { FAKETIME, wrongClock } from "../support/clocks/wrong-clock.ts";
import { readEventStream } from "../support/patient-testing.ts";
import type { NodeProgram } from "../support/programs/node-program.ts";
import { NATS_SERVER, startNats } from "../support/stores/nats-server.ts";
import { REDIS_SERVER, startRedis } from "../support/stores/redis-server.ts";
import { AGE_MS, buildClockedNode, KEEP_FOR_MS, NODE_TIMEOUT_MS } from "./support/processes/clocked-node.ts";
import { NodeProcess } from "./support/processes/node-process.ts";

/* Two nodes on one log: the clock of one is two minutes ahead, the clock of the other one is ten minutes behind. */

const AHEAD_S = 120;
const BEHIND_S = -600;
const LIMIT_MS = 300_000;
/** Time by which this machine may be slow to answer, in ms. */
const TOLERANCE_MS = 20_000;

let program: NodeProgram;

beforeAll(async () => {
  program = await buildClockedNode();
});

afterAll(() => program[Symbol.asyncDispose]());

const LOGS = [
  {
    kind: "lmdbLog",
    // The processes of one machine have one clock, so ages are measured by it.
    hasClock: false,
    can: true,
    start: async () => ({ options: { path: join(program.folder, "log") }, stop: async () => undefined }),
  },
  {
    kind: "redisLog",
    hasClock: true,
    can: REDIS_SERVER !== undefined,
    start: async () => {
      const redis = await startRedis();
      return { options: { url: redis.url }, stop: () => redis.stop() };
    },
  },
  {
    kind: "natsLog",
    hasClock: true,
    can: NATS_SERVER !== undefined,
    start: async () => {
      const nats = await startNats();
      return { options: { servers: nats.url }, stop: () => nats.stop() };
    },
  },
];

/** A node in a process whose clock is wrong. */
class ClockedNode {
  readonly process: NodeProcess;
  #port = 0;

  constructor(kind: string, options: object, seconds: number) {
    this.process = new NodeProcess(program.file, kind, options, [], wrongClock(seconds));
  }

  async start(seconds: number): Promise<void> {
    const { port, time } = await this.process.ask<{ port: number; time: number }>({ do: "start" });
    // The clock of the process is in fact wrong.
    expect(Math.abs(time - seconds * 1_000 - Date.now())).toBeLessThan(TOLERANCE_MS);
    this.#port = port;
  }

  ask<Answer = unknown>(command: string, more: object = {}): Promise<Answer> {
    return this.process.ask<Answer>({ do: command, ...more });
  }

  open(path: string) {
    return readEventStream(`http://127.0.0.1:${this.#port}/${path}`);
  }

  async status(path: string, lastEventId: string): Promise<number> {
    const headers = { "last-event-id": lastEventId };
    const { status, body } = await fetch(`http://127.0.0.1:${this.#port}/${path}`, { headers });
    await body?.cancel();
    return status;
  }
}

describe.skipIf(FAKETIME === undefined).each(LOGS)("nodes with wrong clocks on $kind", { timeout: LIMIT_MS }, (log) => {
  let store: { readonly options: object; stop(): Promise<void> };
  const nodes: ClockedNode[] = [];
  let ahead: ClockedNode;
  let behind: ClockedNode;

  /** Starts the process of a node whose clock is ahead by `seconds`. */
  function launch(seconds: number): ClockedNode {
    const node = new ClockedNode(log.kind, store.options, seconds);
    nodes.push(node);
    return node;
  }

  async function join(seconds: number): Promise<ClockedNode> {
    const node = launch(seconds);
    await node.start(seconds);
    return node;
  }

  beforeAll(async () => {
    if (!log.can) return;
    store = await log.start();
    [ahead, behind] = await Promise.all([join(AHEAD_S), join(BEHIND_S)]);
  });

  beforeEach(({ skip }) => {
    if (!log.can) skip();
  });

  afterAll(async () => {
    await Promise.all(nodes.map(({ process }) => process[Symbol.asyncDispose]()));
    await store?.stop();
  });

  if (log.hasClock)
    it("keep each other's young events, although the age of events is limited", async () => {
      expect(AGE_MS).toBeLessThan(AHEAD_S * 1_000);
      await behind.ask("publish", { n: 1 });
      // A node trims when it opens the channel, and when it appends.
      await ahead.ask("publish", { n: 2 });
      await behind.ask("publish", { n: 3 });
      for (const node of [ahead, behind]) expect(await node.ask("young")).toEqual([1, 2, 3]);
    });

  it("answer with the outcome of each other's jobs, although the clocks differ by more than keepFor", async () => {
    expect(KEEP_FOR_MS).toBeLessThan(-BEHIND_S * 1_000);
    for (const [runner, other] of [[behind, ahead] as const, [ahead, behind] as const]) {
      const id = await runner.ask<string>("job");
      const stream = await other.open(`jobs/${id}`);
      expect((await stream.rest()).at(-1)).toMatchObject({ type: "completed", data: "done" });
      expect(await other.status(`jobs/${id}`, stream.lastEventId)).toBe(204);
    }
  });

  it("count each other's subscribers, and end each other's older streams alone", async () => {
    const pairs = [[behind, ahead, "ada"] as const, [ahead, behind, "ben"] as const];
    const seen = () => Promise.all([ahead, behind].map((node) => node.ask<Presence>("presence")));
    const both = { nodes: 2, subscribers: 2 };
    const old = await Promise.all(pairs.map(([, there, user]) => there.open(user)));
    await expect.poll(seen).toMatchObject([both, both]);
    for (const [here, , user] of pairs) await here.ask("disconnect", { user });
    for (const stream of old) expect(await stream.rest()).toEqual([]);
    await using _ada = await ahead.open("ada");
    await using _ben = await behind.open("ben");
    // Neither node counts the other one as dead, and the requests end no newer stream.
    await sleep(2 * NODE_TIMEOUT_MS);
    expect(await seen()).toMatchObject([both, both]);
  });

  it("end each other's streams by the first request of a node that nobody knows yet", async () => {
    const stream = await ahead.open("ada");
    const script = launch(BEHIND_S);
    await script.ask("disconnect", { user: "ada" });
    expect(await stream.rest()).toEqual([]);
  });
});
