import type { LogEntry } from "../../log.ts";
import type { HeldBytes } from "../../shared/bounds/held-bytes.ts";
import { AcknowledgedEntries } from "../append/acknowledged-entries.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { entryOf } from "../read/message.ts";
import type { FoundStream } from "../stream/nats-stream.ts";
import { KnownEntry } from "./known-entry.ts";

/** The entries of the current epoch that this process needs to recognise its stream: another may have replaced it. */
export class ReceivedEntries {
  #newest: KnownEntry | undefined;
  /** The newest entry when the log was last checked. */
  #witness: KnownEntry | undefined;
  /** The newest entry when the tail was interrupted, until a check compares it. */
  #interrupted: KnownEntry | undefined;
  /** Entries of this process that the tail has yet to deliver. */
  readonly #pending: AcknowledgedEntries;
  #isContradicted = false;

  /**
   * `held`: the bytes that all channels hold back. `newest`: the newest entry that this process had received when it
   * closed the channel.
   */
  constructor(held: HeldBytes, newest?: KnownEntry) {
    this.#pending = new AcknowledgedEntries(held);
    this.#newest = newest;
  }

  /** The newest entry that this process received in the current epoch. */
  get newest(): KnownEntry | undefined {
    return this.#newest;
  }

  /** True if NATS delivered other entries in this epoch than it had acknowledged. */
  get isContradicted(): boolean {
    return this.#isContradicted;
  }

  /** Adds an entry that NATS acknowledged and the tail has yet to deliver. */
  add(entry: LogEntry): void {
    this.#pending.add(entry);
  }

  /** Returns true if one of the entries differs from the entry that NATS acknowledged at its offset. */
  isContradictedBy(entries: readonly LogEntry[]): boolean {
    const isContradicted = this.#pending.differFrom(entries);
    this.#pending.forgetThrough(entries.at(-1)?.offset ?? 0);
    if (isContradicted) this.#isContradicted = true;
    return isContradicted;
  }

  /**
   * Returns true if NATS acknowledged an entry of this process at the offset of the newest entry, and that is another.
   * A cluster that lost acknowledged entries gives their offsets to later ones.
   */
  isReplacedBy(acknowledged: readonly LogEntry[]): boolean {
    const newest = this.#newest;
    const own = acknowledged.find(({ offset }) => offset === newest?.offset);
    if (newest === undefined || own === undefined || newest.isSame(own)) return false;
    this.#isContradicted = true;
    return true;
  }

  /** Records that the tail missed something. The next check compares the newest entry of now with the stream. */
  interrupted(): void {
    this.#interrupted ??= this.#newest;
  }

  /** Remembers the newest of the entries. `isBrief`: see {@link KnownEntry}. */
  received(entries: readonly LogEntry[], isBrief: boolean): void {
    // The message at a void offset is not empty.
    const newest = entries.findLast(({ isVoid }) => !isVoid);
    if (newest !== undefined) this.#newest = new KnownEntry(newest, isBrief);
  }

  /**
   * Returns false if the stream `name` has another entry where this process received one. `isUnbroken`: the tail has
   * missed nothing over this connection since the last check.
   */
  async areIn(
    { first, last, isAlone }: FoundStream,
    isUnbroken: boolean,
    link: NatsLink,
    name: string,
  ): Promise<boolean> {
    if (this.#isContradicted) return false;
    const interrupted = this.#interrupted;
    const candidates = isUnbroken
      ? // The connection stays if another server has the stream and restarts, and the tail may not notice.
        [isAlone || this.#witness?.offset === last ? undefined : this.#witness]
      : // This process may have appended entries since the interruption. They are in the stream in any case.
        [interrupted, this.#newest];
    // The stream may have trimmed an entry, or lost its end. Then there is nothing to compare.
    const known = candidates.find((entry) => entry !== undefined && entry.offset >= first && entry.offset <= last);
    const message = known && (await link.session.jsm.streams.getMessage(name, { seq: known.offset }));
    if (known && message && !known.isSame(entryOf(known.offset, { string: () => message.string() }))) return false;
    if (!isUnbroken && this.#interrupted === interrupted) this.#interrupted = undefined;
    return true;
  }

  /** Records that the log was checked. `isNewLife`: the entries of the previous life are useless. */
  checked(isNewLife: boolean): void {
    if (isNewLife) {
      this.#newest = this.#interrupted = undefined;
      this.#isContradicted = false;
      this.clear();
    }
    this.#witness = this.#newest;
  }

  /** Forgets the entries that the tail has yet to deliver. */
  clear(): void {
    this.#pending.clear();
  }
}
