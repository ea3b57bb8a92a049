import { entryBytes, type LogEntry, type NewEntry } from "../../../src/logs/log.ts";
import { currentLife, type Life } from "../../../src/logs/shared/life/life.ts";
import { type Era, LogHistory } from "./log-history.ts";

interface StoredEra extends Era {
  readonly life: Life;
  readonly entries: LogEntry[];
  first: number;
}

/**
 * A store of one channel that several processes share. It can lose its newest entries, or everything. `history` keeps
 * the entries of each life for the model.
 */
export class ForgetfulStore {
  readonly history: LogHistory = new LogHistory();
  readonly #retainEvents: number;

  constructor(retainEvents: number) {
    this.#retainEvents = retainEvents;
    this.#begin(currentLife({ run: "0", first: 1, last: 0 }, undefined), [], 1, undefined);
  }

  get era(): StoredEra {
    return this.history.eras[this.history.now] as StoredEra;
  }

  get last(): number {
    return this.era.entries.length;
  }

  /** Appends entries at once; none if an own ID is already kept. */
  append(entries: readonly NewEntry[]): number[] {
    const held = entries.map(({ id }) => (id === undefined ? 0 : (this.positionOf(id) ?? 0)));
    if (held.some((offset) => offset > 0)) return held;
    let more = entries.length;
    return entries.map((entry) => {
      this.era.entries.push({ ...entry, offset: this.last + 1, time: 0, more: --more || undefined });
      this.trim(this.last - this.#retainEvents);
      return this.last;
    });
  }

  read(after: number, events: number, bytes: number): LogEntry[] | "gone" {
    if (after + 1 < this.era.first) return "gone";
    const found: LogEntry[] = [];
    for (let size = 0; size < bytes && found.length < events; ) {
      const entry = this.era.entries[after + found.length];
      if (entry === undefined) break;
      found.push(entry);
      size += entryBytes(entry);
    }
    return found;
  }

  positionOf(id: string): number | undefined {
    return this.era.entries.find((entry) => entry.id === id && entry.offset >= this.era.first)?.offset;
  }

  trim(through: number): void {
    this.era.first = Math.max(this.era.first, Math.min(through, this.last) + 1);
  }

  /** Begins a new life without the newest `lost` entries, and without other entries of the same appends. */
  restart(lost: number): void {
    const { life, entries, first } = this.era;
    let kept = Math.max(this.last - lost, first - 1);
    while (kept >= first && entries[kept - 1]!.more) kept--;
    this.#begin(
      currentLife({ run: `${this.history.eras.length}`, first, last: kept }, life),
      entries.slice(0, kept),
      first,
      kept,
    );
  }

  /** Begins a new life without entries, and without knowledge of earlier lives. */
  loseEverything(): void {
    this.#begin(currentLife({ run: `${this.history.eras.length}`, first: 1, last: 0 }, undefined), [], 1, undefined);
  }

  /** Begins a new life without entries, and remembers that the channel was deleted. */
  delete(): void {
    this.era.isDeleted = true;
    this.loseEverything();
  }

  /** Returns true if the life of an epoch ended because the channel was deleted. */
  wasDeleted(epoch: string): boolean {
    return this.history.eras.some((era) => era.epoch === epoch && era.isDeleted === true);
  }

  #begin(life: Life, entries: LogEntry[], first: number, kept: number | undefined): void {
    const { epoch } = life;
    this.history.eras.push({ epoch, life, entries, first, kept } as StoredEra);
  }
}
