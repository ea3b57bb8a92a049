import { SluiceError } from "../../../src/base/errors/sluice-error.ts";
import type { ChannelLog, Log, LogEntry, NewEntry, Retention } from "../../../src/logs/log.ts";
import { MemoryChannelLog } from "../../../src/logs/memory/memory-channel-log.ts";
import { closedError } from "../../../src/logs/shared/failures/closed-error.ts";
import { currentLife, type Life } from "../../../src/logs/shared/life/life.ts";
import { LogView } from "../../../src/logs/shared/view/log-view.ts";
import { SharedChannelLog } from "../../../src/logs/shared/view/shared-channel-log.ts";
import { turns } from "../../support/turns.ts";

/** A store in memory that several logs of this process share, as several processes share a server. */
export class SharedMemory {
  readonly #channels = new Map<string, SharedChannel>();
  /** False while no log can reach the store. */
  reachable = true;

  /** Returns a log of its own on the store, as another process would have it. */
  open(): CuttableLog {
    const opened: SharedMemoryLog[] = [];
    const refused = new Counts();
    const appended = new Counts();
    let isCut = false;
    const log: CuttableLog = {
      shared: true,
      get isCut() {
        return isCut;
      },
      set isCut(cut) {
        isCut = cut;
        // A real log also finds out by itself what it has missed.
        if (!cut) for (const channel of opened) channel.sync().catch(() => undefined);
      },
      refused: (name) => refused.of(name),
      appended: (name) => appended.of(name),
      open: async (name, { retain }) => {
        const reach = async () => {
          await turns(1);
          if (this.reachable && !isCut) return;
          refused.count(name);
          throw new SluiceError("LOG_FAILED", "The store cannot be reached.");
        };
        await reach();
        const channel = new SharedMemoryLog(reach, this.#channel(name, retain), () => appended.count(name));
        opened.push(channel);
        return channel;
      },
      close: async () => {
        for (const channel of opened) await channel.close();
      },
    };
    return log;
  }

  /** Empties the store. */
  loseEverything(): void {
    for (const channel of this.#channels.values()) channel.begin();
  }

  /** Drops all entries of a channel after the offset `last`. None of its entries may have been trimmed. */
  async loseAfter(name: string, last: number): Promise<void> {
    await this.#channels.get(name)?.loseAfter(last);
  }

  #channel(name: string, retain: Retention): SharedChannel {
    let channel = this.#channels.get(name);
    if (channel === undefined) this.#channels.set(name, (channel = new SharedChannel(retain)));
    return channel;
  }
}

/** A log that the test can cut off from the store, and that counts what it does. */
export interface CuttableLog extends Log {
  isCut: boolean;
  /** Returns how many operations on a channel failed because the store could not be reached. */
  refused(channel: string): number;
  /** Returns how many appends of this log to a channel the store took. */
  appended(channel: string): number;
}

class Counts {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  count(name: string): void {
    this.#counts.set(name, this.of(name) + 1);
  }
}

class SharedChannel {
  readonly #retain: Retention;
  readonly readers = new Set<SharedMemoryLog>();
  entries!: ChannelLog;
  life!: Life;

  constructor(retain: Retention) {
    this.#retain = retain;
    this.begin();
  }

  /** Epochs of deleted lives. */
  readonly deleted: Set<string> = new Set();

  begin(kept: readonly LogEntry[] = []): void {
    this.entries = new MemoryChannelLog(this.#retain);
    void this.entries.append(kept);
    this.life = currentLife({ run: "", first: 1, last: kept.length }, undefined);
    this.entries.tail({
      appended: () => undefined,
      trimmed: (first) => {
        for (const reader of this.readers) reader.trimmed(first);
      },
      reset: () => undefined,
    });
    for (const reader of this.readers) reader.sync().catch(() => undefined);
  }

  async loseAfter(last: number): Promise<void> {
    const kept = await this.entries.read(0, last, Number.POSITIVE_INFINITY);
    if (kept === "gone") throw new Error("The oldest entries are trimmed.");
    this.begin(kept);
  }
}

class SharedMemoryLog extends SharedChannelLog implements ChannelLog {
  readonly #reach: () => Promise<void>;
  readonly #channel: SharedChannel;
  readonly #onAppended: () => void;
  readonly #view: LogView;
  #closed = false;

  constructor(reach: () => Promise<void>, channel: SharedChannel, onAppended: () => void) {
    super();
    this.#reach = reach;
    this.#onAppended = onAppended;
    this.#channel = channel;
    this.#view = new LogView(channel.life, channel.entries.first, channel.entries.last);
    channel.readers.add(this);
  }

  protected get view(): LogView {
    return this.#view;
  }

  async append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    if (this.#closed) throw closedError();
    await this.#reach();
    const { life } = this.#channel;
    const offsets = await this.#channel.entries.append(entries);
    this.#onAppended();
    for (const reader of this.#channel.readers) await reader.sync().catch(() => undefined);
    if (this.#channel.deleted.has(life.epoch)) throw new SluiceError("LOG_FAILED", "The channel was deleted.");
    return offsets;
  }

  async read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    await this.#reach();
    return this.#channel.entries.read(after, events, bytes);
  }

  async sync(): Promise<void> {
    await this.#reach();
    const { entries, life, deleted } = this.#channel;
    if (this.#closed) throw closedError();
    if (deleted.has(this.#view.epoch) && life.epoch !== this.#view.epoch && !this.#view.isNeeded) throw closedError();
    this.#view.enterLife(life, entries.first, entries.last);
    const after = Math.max(this.#view.last, entries.first - 1);
    const found = await entries.read(after, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    if (found !== "gone") this.#view.receive(found);
  }

  trimmed(first: number): void {
    this.#view.trimmed(first);
  }

  async positionOf(id: string): Promise<number | undefined> {
    await this.#reach();
    return this.#channel.entries.positionOf(id);
  }

  async trim(through: number): Promise<void> {
    await this.#reach();
    await this.#channel.entries.trim(through);
    await this.sync();
  }

  async delete(): Promise<void> {
    if (this.#closed) throw closedError();
    await this.#reach();
    this.#channel.deleted.add(this.#channel.life.epoch);
    this.#channel.begin();
    await this.sync().catch((error) => {
      if (!this.#closed) throw error;
    });
  }

  override wasDeleted(epoch: string): boolean {
    return this.#channel.deleted.has(epoch);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#channel.readers.delete(this);
  }
}
