import { expect, it } from "vitest";
import type { ChannelLog, Log, LogEntry } from "../../../../src/logs/log.ts";
import { KEEP_ALL } from "../keep-all.ts";
import { RoundProxy } from "../round-proxy.ts";

const MEBIBYTE = 1_048_576;
const CHANNELS = 20;
/** Bytes of each channel: 20 MiB in all. */
const CHANNEL_BYTES = MEBIBYTE;
const EVENT_BYTES = 65_536;
const EVENTS = CHANNEL_BYTES / EVENT_BYTES;
/** Heads of messages, heartbeats, and answers without entries. */
const OTHER_BYTES = 262_144;

/** A store for one test. */
export interface InFlightStore {
  /** Port of the server. */
  readonly port: number;
  /** Makes a log that reaches the store at this port. It is closed after the test. `maxReadBytes`: see its option. */
  makeLog(port: number, maxReadBytes?: number): Log;
}

/** Holds the option `maxReadBytes`: the bytes that a process has requested from its store at a time. */
export function readsWithinMaxReadBytes(openStore: () => Promise<InFlightStore>): void {
  const fill = async (log: Log) => {
    const entry = { type: "t", data: "x".repeat(EVENT_BYTES), json: false };
    const channels = await openAll(log);
    for (const channel of channels) for (let n = 0; n < EVENTS; n++) await channel.append([entry]);
  };

  it.for([
    ["1 MiB", MEBIBYTE, MEBIBYTE],
    ["8 MiB by default", undefined, 8 * MEBIBYTE],
    ["32 MiB", 32 * MEBIBYTE, 32 * MEBIBYTE],
  ] as const)("has at most %s of replays in flight, over all channels", async ([, maxReadBytes, limit]) => {
    const { port, makeLog } = await openStore();
    await fill(makeLog(port));
    await using proxy = await RoundProxy.start(port);
    const channels = await openAll(makeLog(proxy.port, maxReadBytes));
    proxy.measure();
    const replays = channels.map((channel) => channel.read(0, EVENTS, CHANNEL_BYTES));
    for (const entries of await Promise.all(replays)) expect((entries as LogEntry[]).length).toBe(EVENTS);
    expect(proxy.mostBytes).toBeLessThan(limit + OTHER_BYTES);
    // The limit is in use.
    expect(proxy.mostBytes).toBeGreaterThan(Math.min(limit, CHANNELS * CHANNEL_BYTES) / 2);
  });

  it.for([
    ["1 MiB", MEBIBYTE, MEBIBYTE],
    ["8 MiB by default", undefined, 8 * MEBIBYTE],
  ] as const)("has at most %s in flight while it catches up on all channels", async ([, maxReadBytes, limit]) => {
    const { port, makeLog } = await openStore();
    await using proxy = await RoundProxy.start(port);
    let received = 0;
    for (const channel of await openAll(makeLog(proxy.port, maxReadBytes))) {
      channel.tail({ appended: (entries) => void (received += entries.length), trimmed() {}, reset() {} });
    }
    proxy.refuse();
    await fill(makeLog(port));
    proxy.measure();
    await expect.poll(() => received, { interval: 50 }).toBe(CHANNELS * EVENTS);
    expect(proxy.mostBytes).toBeLessThan(limit + OTHER_BYTES);
  });
}

function openAll(log: Log): Promise<ChannelLog[]> {
  const open = async (_: unknown, index: number) => log.open(`c${index}`, { retain: KEEP_ALL });
  return Promise.all(Array.from({ length: CHANNELS }, open));
}
