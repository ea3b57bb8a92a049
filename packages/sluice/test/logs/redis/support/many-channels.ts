import { createClient } from "redis";
import type { ChannelLog, Log, NewEntry } from "../../../../src/logs/log.ts";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import type { RedisTest } from "./use-redis.ts";

/** Longer than a slow network and a busy machine take. */
const TIMEOUT_MS = 30_000;

/** A log with many open channels, and what they received: the data of each entry, and "reset". */
export interface ManyChannels {
  readonly log: Log;
  readonly channels: readonly ChannelLog[];
  readonly seen: readonly string[][];
}

/** Opens many channels with a log of its own, and records what they receive. */
export async function joinMany(test: RedisTest, url: string, count: number): Promise<ManyChannels> {
  const log = redisLog({ url, timeout: TIMEOUT_MS });
  test.closeLater(log);
  const seen: string[][] = [];
  const channels = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const channel = await log.open(`doc:${i}`, { retain: KEEP_ALL });
      const list: string[] = [];
      seen[i] = list;
      channel.tail({
        appended: (found) => list.push(...found.map(({ data }) => data)),
        trimmed: () => undefined,
        reset: () => list.push("reset"),
      });
      return channel;
    }),
  );
  return { log, channels, seen };
}

export const numbered = (n: number): NewEntry => ({ type: "n", data: `${n}`, json: true });

/** Counts the commands that a Redis runs for others. */
export class CommandCounts {
  readonly #client;
  #ownInfos = 0;

  constructor(url: string) {
    this.#client = createClient({ url });
  }

  /** Begins to count from 0. */
  async reset(): Promise<void> {
    await (await this.#connected()).configResetStat();
    this.#ownInfos = 0;
  }

  /** Returns the number of calls of a command. */
  async count(command: string): Promise<number> {
    const calls = await this.#info("commandstats", new RegExp(`^cmdstat_${command}:calls=(\\d+)`, "m"));
    return command === "info" ? calls - this.#ownInfos + 1 : calls;
  }

  /** Returns the number of connections that Redis has accepted, ever. */
  connections(): Promise<number> {
    return this.#info("stats", /total_connections_received:(\d+)/);
  }

  async #info(section: string, pattern: RegExp): Promise<number> {
    const client = await this.#connected();
    this.#ownInfos++;
    return Number(pattern.exec(await client.info(section))?.[1] ?? 0);
  }

  async #connected() {
    if (!this.#client.isOpen) await this.#client.connect();
    return this.#client;
  }

  /**
   * Calls of the script that reads many channels, and channels in them, while only appends, checks and the tail run.
   * `appends`: the calls of the append script.
   */
  async follows(appends: number): Promise<{ calls: number; channels: number }> {
    const names = ["evalsha", "hmget", "exists"];
    const [scripts = 0, hashes = 0, checks = 0] = await Promise.all(names.map((name) => this.count(name)));
    return { calls: scripts - appends - checks, channels: hashes - appends - checks };
  }

  [Symbol.dispose](): void {
    if (this.#client.isOpen) this.#client.destroy();
  }
}
