import { afterEach, expect } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import type { ChannelLog, Log, LogEntry, NewEntry, Retention } from "../../../../src/logs/log.ts";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { type RedisServer, startRedis } from "../../../support/stores/redis-server.ts";
import { startProxy, type TcpProxy } from "../../../support/stores/tcp-proxy.mjs";
import { KEEP_ALL, recorder } from "../../support/contracts/log-contract.ts";

/**
 * Timeout of the logs, in ms. It is short because some tests wait for it, so other operations are retried on a busy
 * machine.
 */
const TIMEOUT_MS = 500;
/** Limit of all attempts of one retried operation, in ms. */
const RETRY_LIMIT_MS = 60_000;
const RETRY_PAUSE_MS = 20;

/** One node: a log of its own, its channel "orders", and what the channel's tail received. */
export interface Node {
  readonly log: Log;
  readonly channel: ChannelLog;
  /** The entries received; emptied by a reset after which they are not all valid. */
  readonly seen: LogEntry[];
  /** The log's last offset at each reset. */
  readonly resets: number[];
  /** The epoch in which each number was received. */
  readonly epochOf: ReadonlyMap<number, string>;
  readonly errors: Error[];
}

/** Servers and logs of a test. They are stopped after it. */
export interface RedisTest {
  start(args?: readonly string[]): Promise<RedisServer>;
  proxyTo(port: number): Promise<TcpProxy>;
  join(port: number, retain?: Retention): Promise<Node>;
  /** Closes the log after the test. */
  closeLater(log: Log): void;
}

export function useRedis(): RedisTest {
  const logs: Log[] = [];
  const servers: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close();
    for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
  });

  return {
    async start(args = []) {
      const redis = await startRedis(args);
      servers.push(redis);
      return redis;
    },
    async proxyTo(port) {
      const proxy = await startProxy(port);
      servers.push(proxy);
      return proxy;
    },
    async join(port, retain = KEEP_ALL) {
      const log = redisLog({ url: `redis://127.0.0.1:${port}`, timeout: TIMEOUT_MS });
      logs.push(log);
      return openNode(log, retain);
    },
    closeLater: (log) => void logs.push(log),
  };
}

async function openNode(log: Log, retain: Retention): Promise<Node> {
  const errors: Error[] = [];
  const onError = (error: unknown) => void errors.push(error as Error);
  const channel = await retry(() => log.open("orders", { retain, onError }));
  const resets: number[] = [];
  const epochOf = new Map<number, string>();
  const { seen, listener } = recorder();
  let before = channel.epoch;
  channel.tail({
    ...listener,
    appended(found) {
      for (const n of numbersOf(found)) epochOf.set(n, channel.epoch);
      listener.appended(found);
    },
    reset() {
      if ((channel.holds(before) ?? 0) < (seen.at(-1)?.offset ?? 0)) seen.splice(0);
      before = channel.epoch;
      resets.push(channel.last);
    },
  });
  return { log, channel, seen, resets, epochOf, errors };
}

/**
 * Retries `work` while it rejects with LOG_FAILED, until the limit. Then rejects with the last error as the
 * cause.
 */
export async function retry<T>(work: () => T | Promise<T>): Promise<T> {
  const end = performance.now() + RETRY_LIMIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (cause) {
      expect(cause).toMatchObject({ code: "LOG_FAILED" });
      if (performance.now() > end) throw new Error(`It failed for ${RETRY_LIMIT_MS} ms.`, { cause });
      await sleep(RETRY_PAUSE_MS);
    }
  }
}

/** Publishes a number under an ID of its own, and retries until it is acknowledged. Returns its offset. */
export async function publish(channel: ChannelLog, n: number): Promise<number> {
  return (await retry(() => channel.append([entry(n, { id: `own/${n}` })])))[0]!;
}

export function entry(n: number, more: Partial<NewEntry> = {}): NewEntry {
  return { type: "n", data: String(n), json: true, ...more };
}

/** Returns the whole numbers from `from` to `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

export function entries(from: number, to: number): NewEntry[] {
  return range(from, to).map((n) => entry(n));
}

export function numbersOf(found: readonly LogEntry[]): number[] {
  return found.map(({ data }) => Number(data));
}

/** Reads at most 100 entries, and returns their numbers. */
export async function readNumbers(channel: ChannelLog, after = 0): Promise<number[]> {
  return numbersOf((await channel.read(after, 100, 1e6)) as LogEntry[]);
}
