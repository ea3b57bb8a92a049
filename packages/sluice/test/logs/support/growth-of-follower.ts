import { expect } from "vitest";
import { sleep } from "../../../src/base/time/timers.ts";
import type { ChannelLog, Log, NewEntry } from "../../../src/logs/log.ts";
import { KEEP_ALL } from "./keep-all.ts";
import type { Received } from "./processes/follower-program.ts";
import type { NodeProcess } from "./processes/node-process.ts";

const CHANNELS = 40;
const EVENTS = 100;
/** Events of each channel that the node receives live, so that its heap has its usual size before it is stopped. */
const LIVE_EVENTS = 10;
const EVENT_BYTES = 65_536;
const APPENDED_AT_A_TIME = 10;
const MEASURE_EVERY_MS = 5;

/** A process that runs the program of `buildFollower`, and the log of another process on its store. */
export interface FollowerOnStore {
  readonly node: NodeProcess;
  readonly log: Log;
  /** Appends some entries to a channel of `log`, in the way that is fast on this log. */
  append(channel: ChannelLog, entries: readonly NewEntry[]): Promise<unknown>;
}

/**
 * Returns the bytes by which a node grows while it reads what it has missed while it was stopped: 100 events of 64 KiB
 * in each of 39 channels. Checks that the 40th channel, with one event, does not wait for all of them.
 */
export async function growthOfFollower({ node, log, append }: FollowerOnStore): Promise<number> {
  await node.ask({ do: "follow", channels: CHANNELS });
  const open = async (index: number) => log.open(`c${index}`, { retain: KEEP_ALL });
  const channels = await Promise.all(Array.from({ length: CHANNELS }, (_, index) => open(index)));
  const far = channels.slice(0, -1);
  const data = "x".repeat(EVENT_BYTES);
  const fill = async (events: number) => {
    const some = Array.from({ length: APPENDED_AT_A_TIME }, () => ({ type: "t", data, json: false }));
    for (const channel of far) for (let n = 0; n < events; n += some.length) await append(channel, some);
  };
  const receive = async (all: number) => {
    while ((await node.ask<Received>({ do: "received" })).all < all) await sleep(MEASURE_EVERY_MS);
  };
  await fill(LIVE_EVENTS);
  await receive(far.length * LIVE_EVENTS);
  node.stop();
  await fill(EVENTS);
  await append(channels.at(-1)!, [{ type: "t", data: "near", json: false }]);

  const before = node.residentBytes;
  let most = before;
  const measuring = setInterval(() => {
    most = Math.max(most, node.residentBytes);
  }, MEASURE_EVERY_MS);
  node.resume();
  const all = far.length * (LIVE_EVENTS + EVENTS) + 1;
  await receive(all);
  clearInterval(measuring);
  const received = await node.ask<Received>({ do: "received" });
  expect(received.all).toBe(all);
  expect(received.allAtLastChannel, "the channel with one event takes its turn").toBeLessThan(all / 2);
  return most - before;
}
