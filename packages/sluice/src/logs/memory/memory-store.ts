import type { Retention } from "../log.ts";
import { AgeTimers } from "../shared/age-checks.ts";
import { DeletedEpochs } from "../shared/life/deleted-epochs.ts";
import { MemoryChannelLog } from "./memory-channel-log.ts";

/**
 * Closed channels without events whose position the log remembers, the newest ones. A subscriber of a channel that was
 * forgotten receives a gap when it resumes.
 */
const MAX_EMPTY = 1_000;

/** Deletions that the log remembers, the newest ones. */
const MAX_DELETED = 1_000;

/** The logs of all channels of a memory log. A closed channel costs its entries, and soon nothing if it has none. */
export class MemoryStore {
  readonly #shared = { timers: new AgeTimers(), deleted: new DeletedEpochs(MAX_DELETED) };
  readonly #open = new Set<MemoryChannelLog>();
  /** Closed logs that keep entries, by channel. */
  readonly #full = new Map<string, MemoryChannelLog>();
  /** Closed logs without entries, by channel, oldest first. */
  readonly #empty = new Map<string, MemoryChannelLog>();

  /** Number of closed channels that the store keeps. */
  get closed(): number {
    return this.#full.size + this.#empty.size;
  }

  /** Opens the log of a channel: a new one, or one that was closed, with its entries. */
  open(channel: string, retain: Retention): MemoryChannelLog {
    const known = this.#full.get(channel) ?? this.#empty.get(channel);
    this.#full.delete(channel);
    this.#empty.delete(channel);
    known?.reopen(retain);
    const onIdle = (idle: MemoryChannelLog) => this.#keep(idle);
    const log = known ?? new MemoryChannelLog(retain, { ...this.#shared, name: channel, onIdle });
    this.#open.add(log);
    return log;
  }

  async close(): Promise<void> {
    for (const log of [...this.#open, ...this.#full.values()]) log.end();
    for (const logs of [this.#open, this.#full, this.#empty]) logs.clear();
  }

  /** Keeps a log that has closed, or whose last entry was trimmed since. */
  #keep(log: MemoryChannelLog): void {
    const { name } = log;
    this.#open.delete(log);
    if (this.#full.get(name) === log) this.#full.delete(name);
    // During a hot reload, a channel may be open twice for a moment. The log that closed first has its events.
    if (this.#full.has(name)) return log.end();
    if (log.first <= log.last) return void this.#full.set(name, log);
    log.end();
    this.#empty.delete(name);
    this.#empty.set(name, log);
    const [oldest] = this.#empty.keys();
    if (this.#empty.size > MAX_EMPTY) this.#empty.delete(oldest as string);
  }
}
