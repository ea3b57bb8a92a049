import type { ChannelLog, LogEntry, NewEntry, Retention, TailListener } from "../log.ts";
import { entryBytes } from "../log.ts";
import { AgeTimers, startAgeChecks } from "../shared/age-checks.ts";
import { DeletedEpochs } from "../shared/life/deleted-epochs.ts";
import { newEpoch } from "../shared/life/epoch.ts";

/** Options of a {@link MemoryChannelLog}. */
export interface MemoryChannelOptions {
  /** Name of the channel. */
  readonly name?: string;
  readonly timers?: AgeTimers;
  /** Epochs of deleted lives, of all channels. */
  readonly deleted?: DeletedEpochs;
  /** Called when the log closes, and when a closed log has lost its last entry. */
  readonly onIdle?: (log: MemoryChannelLog) => void;
}

/** The memory log of one channel. */
export class MemoryChannelLog implements ChannelLog {
  readonly name: string;
  epoch: string = newEpoch();
  readonly #deleted: DeletedEpochs;
  readonly #timers: AgeTimers;
  readonly #onIdle: MemoryChannelOptions["onIdle"];
  #retain: Retention;
  /** Entries in order. The slots before `#start` are trimmed: they are empty, and removed together later. */
  #entries: (LogEntry | undefined)[] = [];
  /** For each slot: the bytes of its entry. */
  #sizes: number[] = [];
  #start = 0;
  #last = 0;
  #bytes = 0;
  readonly #offsetById = new Map<string, number>();
  #listener: TailListener | undefined;
  #stopAgeChecks: () => void;
  #isClosed = false;

  constructor(retain: Retention, { name = "", timers, deleted, onIdle }: MemoryChannelOptions = {}) {
    this.name = name;
    this.#timers = timers ?? new AgeTimers();
    this.#deleted = deleted ?? new DeletedEpochs(1);
    this.#onIdle = onIdle;
    this.#retain = retain;
    this.#stopAgeChecks = this.#startAgeChecks();
  }

  /** Opens the log again after `close()`. It has kept its entries, up to the new limits. */
  reopen(retain: Retention): void {
    this.#isClosed = false;
    this.#retain = retain;
    this.#stopAgeChecks();
    this.#stopAgeChecks = this.#startAgeChecks();
    this.#trimToRetention();
  }

  /** Stops trimming by age. */
  end(): void {
    this.#stopAgeChecks();
    this.#listener = undefined;
  }

  get first(): number {
    return this.#last - (this.#entries.length - this.#start) + 1;
  }

  get last(): number {
    return this.#last;
  }

  holds(): undefined {
    return undefined;
  }

  append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    const held = entries.map(({ id }) => (id === undefined ? 0 : (this.#offsetById.get(id) ?? 0)));
    if (held.some((offset) => offset > 0)) return Promise.resolve(held);
    const time = Date.now();
    let more = entries.length;
    const added = entries.map(({ type, data, json, topics, id, retry }): LogEntry => {
      const kept = { offset: ++this.#last, time, type, data, json, topics, id, retry, more: --more || undefined };
      const size = entryBytes(kept);
      this.#entries.push(kept);
      this.#sizes.push(size);
      this.#bytes += size;
      if (id !== undefined) this.#offsetById.set(id, kept.offset);
      return kept;
    });
    if (added.length > 0) {
      this.#listener?.appended(added);
      this.#trimToRetention();
    }
    return Promise.resolve(added.map(({ offset }) => offset));
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    if (after + 1 < this.first) return Promise.resolve("gone");
    const found: LogEntry[] = [];
    let size = 0;
    for (let offset = after + 1; offset <= this.#last && found.length < events && size < bytes; offset++) {
      const slot = this.#start + offset - this.first;
      found.push(this.#entries[slot] as LogEntry);
      size += this.#sizes[slot] as number;
    }
    return Promise.resolve(found);
  }

  tail(listener: TailListener): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = undefined;
    };
  }

  sync(): undefined {
    return undefined;
  }

  positionOf(id: string): Promise<number | undefined> {
    return Promise.resolve(this.#offsetById.get(id));
  }

  trim(through: number): Promise<void> {
    this.#trimBefore(Math.min(through, this.#last) + 1);
    return Promise.resolve();
  }

  delete(): Promise<void> {
    this.#deleted.add(this.epoch);
    this.epoch = newEpoch();
    this.#entries = [];
    this.#sizes = [];
    this.#start = 0;
    this.#last = 0;
    this.#bytes = 0;
    this.#offsetById.clear();
    const listener = this.#listener;
    if (listener?.isNeeded?.() !== false) listener?.reset();
    return Promise.resolve();
  }

  wasDeleted(epoch: string): boolean {
    return this.#deleted.has(epoch);
  }

  /** Closes the log. It goes on to trim its entries by age. */
  close(): Promise<void> {
    this.#listener = undefined;
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#onIdle?.(this);
    }
    return Promise.resolve();
  }

  #startAgeChecks(): () => void {
    return startAgeChecks(
      { age: this.#retain.age, timers: this.#timers },
      () => this,
      (through) => {
        this.#trimBefore(through + 1);
        this.#trimToRetention();
      },
    );
  }

  #trimToRetention(): void {
    const { events, bytes, age } = this.#retain;
    const oldest = Date.now() - age;
    let first = this.first;
    let kept = this.#bytes;
    while (first <= this.#last) {
      const slot = this.#start + (first - this.first);
      const { time } = this.#entries[slot] as LogEntry;
      if (this.#last - first + 1 <= events && kept <= bytes && time >= oldest) break;
      kept -= this.#sizes[slot] as number;
      first++;
    }
    this.#trimBefore(first);
  }

  #trimBefore(first: number): void {
    const count = first - this.first;
    if (count <= 0) return;
    for (let i = 0; i < count; i++) {
      const entry = this.#entries[this.#start] as LogEntry;
      this.#bytes -= this.#sizes[this.#start] as number;
      this.#entries[this.#start++] = undefined;
      if (entry.id !== undefined) this.#offsetById.delete(entry.id);
    }
    // Removing the empty slots copies the rest, so wait until fewer slots are left than removed.
    if (this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#sizes = this.#sizes.slice(this.#start);
      this.#start = 0;
    }
    this.#listener?.trimmed(this.first);
    if (this.#isClosed && this.first > this.#last) this.#onIdle?.(this);
  }
}
