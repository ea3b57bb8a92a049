import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep } from "../../../src/base/timers.ts";
import type { ChannelLog, Log } from "../../../src/logs/log.ts";
import { buildCatchUpPrograms, type CatchUpPrograms, type SharedLogKind } from "./catch-up-programs.ts";
import { KEEP_ALL } from "./log-contract.ts";
import { NodeProcess, OFTEN_COLLECTED } from "./node-process.ts";

const MEBIBYTE = 1_048_576;
const CHANNELS = 40;
const EVENTS = 40;
/** Events of each channel that the node receives live, so that its heap has its usual size before it stands still. */
const LIVE_EVENTS = 3;
const EVENT_BYTES = 65_536;
const FILLED_AT_A_TIME = 4;
/** Four times the default of `maxReadBytes`. */
export const MAX_GROWTH_BYTES: number = 4 * 8 * MEBIBYTE;
const MEASURE_EVERY_MS = 5;
/** Bounds the garbage that V8 leaves in its old space, in MiB: some 15 are in use. A node that holds more fails. */
export const LITTLE_GARBAGE: readonly string[] = [...OFTEN_COLLECTED, "--max-old-space-size=48"];

/** A store for one test: the options of the node's log, and the log of another node. */
export interface CatchUpStore {
  readonly options: object;
  readonly log: Log;
}

/** The ways in which a node uses its channels. */
const USES = ["nothing", "an iteration", "a subscriber over HTTP"] as const;

/** Holds the memory of a node that has stood still while much was appended to many channels. */
export function catchesUpInBoundedMemory(kind: SharedLogKind, openStore: () => Promise<CatchUpStore>): void {
  describe("a node that has stood still", () => {
    let programs: CatchUpPrograms;

    beforeAll(async () => {
      programs = await buildCatchUpPrograms(kind);
    });

    afterAll(() => programs[Symbol.asyncDispose]());

    it.for(USES)("catches up on many channels in bounded memory, with %s for each", async (use) => {
      const { options, log } = await openStore();
      const open = async (_: unknown, index: number) => log.open(`c${index}`, { retain: KEEP_ALL });
      const channels = await Promise.all(Array.from({ length: CHANNELS }, open));
      using node = new NodeProcess(programs.node, kind, options, LITTLE_GARBAGE);
      using subscribers = new NodeProcess(programs.subscribers, kind, options);
      await node.ask({ do: "open", channels: CHANNELS, iterate: use === USES[1] });
      if (use === USES[2]) await subscribe(node, subscribers);
      const received = () => {
        if (use === USES[2]) return subscribers.ask<number>({ do: "events" });
        return node.ask<number>({ do: use === USES[1] ? "iterated" : "kept" });
      };
      const untilReceived = async (events: number) => {
        while ((await received()) < CHANNELS * events) await sleep(MEASURE_EVERY_MS);
      };
      await fill(channels, LIVE_EVENTS);
      await untilReceived(LIVE_EVENTS);
      const until = join(programs.folder, `go-on-${USES.indexOf(use)}`);
      const running = node.ask({ do: "standStill", until });
      await fill(channels, EVENTS);

      const before = node.residentBytes;
      let most = before;
      const measuring = setInterval(() => {
        most = Math.max(most, node.residentBytes);
      }, MEASURE_EVERY_MS);
      try {
        await writeFile(until, "");
        await running;
        await untilReceived(LIVE_EVENTS + EVENTS);
      } finally {
        clearInterval(measuring);
      }
      expect(await received()).toBe(CHANNELS * (LIVE_EVENTS + EVENTS));
      if (process.env.PRINT_GROWTH) console.log(`${kind}, ${use}: ${((most - before) / MEBIBYTE).toFixed(1)} MiB`);
      expect(most - before).toBeLessThan(MAX_GROWTH_BYTES);
    });
  });
}

async function subscribe(node: NodeProcess, subscribers: NodeProcess): Promise<void> {
  const port = await node.ask<number>({ do: "serve" });
  await subscribers.ask({ do: "subscribe", port, channels: CHANNELS });
  while ((await subscribers.ask<number>({ do: "begun" })) < CHANNELS) await sleep(MEASURE_EVERY_MS);
}

/** Appends events to each channel, each by itself, and a few at a time. */
async function fill(channels: readonly ChannelLog[], events: number): Promise<void> {
  const entry = { type: "t", data: "x".repeat(EVENT_BYTES), json: false };
  for (let left = events; left > 0; left -= FILLED_AT_A_TIME) {
    const some = Array.from({ length: Math.min(left, FILLED_AT_A_TIME) }, () => entry);
    await Promise.all(channels.flatMap((channel) => some.map((one) => channel.append([one]))));
  }
}
