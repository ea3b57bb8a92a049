import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { sleep } from "../../../src/base/time/timers.ts";
import type { ChannelLog, Log } from "../../../src/logs/log.ts";
import { KEEP_ALL } from "./contracts/log-contract.ts";
import type { CatchUpPrograms, SharedLogKind } from "./processes/catch-up-programs.ts";
import { NodeProcess, OFTEN_COLLECTED } from "./processes/node-process.ts";

const MEBIBYTE = 1_048_576;
const CHANNELS = 40;
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
export const USES = ["nothing", "an iteration", "a subscriber over HTTP"] as const;
type Use = (typeof USES)[number];

/** How a node uses its channels, and what it has received and missed. */
export interface Situation {
  readonly use: Use;
  /** Events of each channel that the node misses. */
  readonly events: number;
  /** More events of each channel that the node has received live. 0: the node is cold. */
  readonly warmEvents: number;
  readonly nodeArgs: readonly string[];
}

export interface Measurement extends Situation {
  readonly kind: SharedLogKind;
  readonly store: CatchUpStore;
  readonly programs: CatchUpPrograms;
}

/**
 * Returns the bytes by which a node grows after it has stood still while much was appended. Prints them if the variable
 * `PRINT_GROWTH` is set. Fails if the node receives an event more than once.
 */
export async function growthOf(measurement: Measurement): Promise<number> {
  const from = performance.now();
  const growth = await measureGrowth(measurement);
  if (process.env.PRINT_GROWTH) {
    const { kind, use, events, warmEvents } = measurement;
    const state = warmEvents > 0 ? "warm" : "cold";
    const seconds = ((performance.now() - from) / 1_000).toFixed(0);
    const size = (growth / MEBIBYTE).toFixed(1);
    console.log(`${kind}, ${state}, ${events} events, ${use}: ${size} MiB, measured in ${seconds} s`);
  }
  return growth;
}

async function measureGrowth({ kind, store, programs, ...situation }: Measurement): Promise<number> {
  const { options, log } = store;
  const { use, events, warmEvents, nodeArgs } = situation;
  const open = async (_: unknown, index: number) => log.open(`c${index}`, { retain: KEEP_ALL });
  const channels = await Promise.all(Array.from({ length: CHANNELS }, open));
  using node = new NodeProcess(programs.node, kind, options, nodeArgs);
  using subscribers = new NodeProcess(programs.subscribers, kind, options);
  await node.ask({ do: "open", channels: CHANNELS, iterate: use === USES[1] });
  if (use === USES[2]) await subscribe(node, subscribers, CHANNELS);
  const received = () => {
    if (use === USES[2]) return subscribers.ask<number>({ do: "events" });
    return node.ask<number>({ do: use === USES[1] ? "iterated" : "kept" });
  };
  let sent = 0;
  const untilReceived = async (more: number) => {
    sent += more;
    while ((await received()) < sent) await sleep(MEASURE_EVERY_MS);
  };
  await fill(channels, LIVE_EVENTS);
  await untilReceived(CHANNELS * LIVE_EVENTS);
  // At a pace that the node can follow.
  for (let n = 0; n < warmEvents; n += FILLED_AT_A_TIME) {
    await fill(channels, FILLED_AT_A_TIME);
    await untilReceived(CHANNELS * FILLED_AT_A_TIME);
  }
  const until = join(programs.folder, `go-on-${randomUUID()}`);
  const running = node.ask({ do: "standStill", until });
  await fill(channels, events);

  const before = node.residentBytes;
  let most = before;
  const measuring = setInterval(() => {
    most = Math.max(most, node.residentBytes);
  }, MEASURE_EVERY_MS);
  try {
    await writeFile(until, "");
    await running;
    await untilReceived(CHANNELS * events);
  } finally {
    clearInterval(measuring);
  }
  expect(await received()).toBe(sent);
  return most - before;
}

async function subscribe(node: NodeProcess, subscribers: NodeProcess, channels: number): Promise<void> {
  const port = await node.ask<number>({ do: "serve" });
  await subscribers.ask({ do: "subscribe", port, channels });
  while ((await subscribers.ask<number>({ do: "begun" })) < channels) await sleep(MEASURE_EVERY_MS);
}

/** Appends events to each channel, each by itself, and a few at a time. */
async function fill(channels: readonly ChannelLog[], events: number): Promise<void> {
  const entry = { type: "t", data: "x".repeat(EVENT_BYTES), json: false };
  for (let left = events; left > 0; left -= FILLED_AT_A_TIME) {
    const some = Array.from({ length: Math.min(left, FILLED_AT_A_TIME) }, () => entry);
    await Promise.all(channels.flatMap((channel) => some.map((one) => channel.append([one]))));
  }
}
