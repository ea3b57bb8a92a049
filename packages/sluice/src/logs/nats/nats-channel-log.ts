import { ignore } from "../../base/guard.ts";
import type { Position } from "../../base/position.ts";
import { within } from "../../base/timers.ts";
import { type ChannelLog, entryBytes, type LogEntry, type NewEntry, type Retention } from "../log.ts";
import type { ClosedChannels } from "../shared/closed-channels.ts";
import { closedError } from "../shared/closed-error.ts";
import type { LogView } from "../shared/log-view.ts";
import { TAIL_OUTAGE } from "../shared/out-of-reach.ts";
import { SharedChannelLog } from "../shared/shared-channel-log.ts";
import type { BatchPosition } from "./append/nats-batch.ts";
import { NatsPublisher } from "./append/nats-publisher.ts";
import { BatchAssembler } from "./batch/batch-assembler.ts";
import { partOf } from "./batch/batch-part.ts";
import { isComplete } from "./batch/find-batch.ts";
import type { NatsMessage } from "./connection/nats-link.ts";
import { timeoutError } from "./connection/timeout-error.ts";
import type { CheckRounds, RoundsMember } from "./life/check-rounds.ts";
import type { KnownEntry } from "./life/known-entry.ts";
import { NatsChannelLife } from "./life/nats-channel-life.ts";
import type { NatsLifeParts } from "./life/nats-life-parts.ts";
import { writtenEpoch } from "./life/nats-lives.ts";
import { epochOf } from "./message-id.ts";
import { readEntry, type StreamMessage } from "./read/message.ts";
import { NatsReaders } from "./read/nats-readers.ts";
import { withinBudget } from "./read/within-budget.ts";
import { type FoundStream, recognitionMs } from "./stream/nats-stream.ts";
import type { Republishing } from "./stream/republishing.ts";
import { keptBytes, storedBytes } from "./stream/stream-limits.ts";
import { NatsTail } from "./tail/nats-tail.ts";
import type { ReceivedBytes } from "./tail/received-bytes.ts";

/** Parts that {@link NatsChannelLog} works with. */
export interface NatsChannelParts extends NatsLifeParts {
  readonly retain: Retention;
  /** Checks the logs of all channels from time to time. */
  readonly rounds: CheckRounds;
  /** The live bytes of this turn, over all channels. */
  readonly received: ReceivedBytes;
  readonly republishing: Republishing;
  /** Called when the log closes. */
  readonly onClose: (log: NatsChannelLog) => void;
  /** Receives errors of background work. */
  readonly onError: (error: unknown) => void;
  /** Called when {@link NatsChannelLog.failure} changes. */
  readonly onTail: (log: NatsChannelLog) => void;
}

/** The log of one channel, in a JetStream stream. */
export class NatsChannelLog extends SharedChannelLog implements ChannelLog {
  readonly #parts: NatsChannelParts;
  readonly #life: NatsChannelLife;
  readonly #publisher: NatsPublisher;
  readonly #readers: NatsReaders;
  readonly #tail: NatsTail;
  /** Holds the messages of the tail that do not complete their batch. */
  readonly #assembler = new BatchAssembler();
  /** Bytes that can be appended before the server trims. */
  #roomBytes = Number.POSITIVE_INFINITY;
  #failure: Error | undefined;
  /** Resolves when all deletions of this process have ended. */
  #deleting: Promise<void> | undefined;
  /** Appends that wait for a deletion. Later appends must not overtake them. */
  #heldAppends = 0;
  readonly #member: RoundsMember;
  readonly #unwatch: () => void;
  /** Calls of `sync` that wait for entries or a check. */
  readonly #waiting: (() => void)[] = [];

  constructor(parts: NatsChannelParts) {
    super();
    this.#parts = parts;
    const { link, names, timeout, budget, received, rounds, republishing } = parts;
    const { stream, live } = names;
    const isOwn = (subject: string) => this.#life.subjects.include(subject);
    this.#life = new NatsChannelLife(parts, {
      abandon: () => this.#stopReading(),
      checked: (isNew, found) => this.#checked(isNew, found),
      received: (entries) => this.#received(entries),
      look: () => this.#tail.look(),
      failed: (error) => parts.onError(error),
    });
    this.#publisher = new NatsPublisher({
      link,
      names,
      log: this.#life,
      timeout,
      recognisedMs: recognitionMs(timeout),
    });
    this.#readers = new NatsReaders({ link, stream, timeout, isOwn });
    this.#tail = new NatsTail({
      link,
      stream,
      live,
      timeout,
      budget,
      received,
      next: () => Math.max(this.last, this.#assembler.received) + 1,
      onMessage: (offset, message, isBehind) => this.#take(offset, message, isBehind),
      taken: () => this.taken(),
      onLife: (message) => this.#lifeWritten(message),
      onInterrupted: () => this.#life.checkAfresh(),
      onRetry: () => rounds.soon(this.#member),
      onLate: () => rounds.late(this.#member),
      onHole: (last) => void this.#passHole(Math.max(this.last, this.#assembler.received), last).catch(ignore),
      onDenied: (error) => republishing.refused(`denies this user the subject ${live}`, error),
      onFailure: (error) => this.#tailFailed(error),
    });
    this.#member = { check: () => this.#life.checkInBackground(), late: () => this.#tail.late() };
    this.#unwatch = link.onChange(() => {
      this.#tail.reconnect();
      rounds.now(this.#member);
    });
    rounds.add(this.#member);
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  protected get view(): LogView {
    return this.#life.view;
  }

  /** Checks the log for the first time. Nothing else may be called before this resolves. */
  async open(): Promise<void> {
    await this.#inTime("answer", this.#life.check());
  }

  keptBytes(entries: readonly NewEntry[]): number {
    return keptBytes(entries, this.#life.subjects);
  }

  async append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    this.#life.throwIfClosed();
    if (entries.length === 0) return [];
    if (this.#deleting !== undefined || this.#heldAppends > 0) {
      this.#heldAppends++;
      await this.#deleting;
      this.#heldAppends--;
    }
    const { epoch, offsets } = await this.#publish(entries);
    if (!offsets.every((offset) => this.#isValid({ epoch, offset }))) {
      throw new Error("NATS lost data while it took the events. They may or may not be stored.");
    }
    return offsets;
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    const read = async () => {
      const { first, last } = this;
      if (after + 1 < first) return "gone";
      if (after >= last) return [];
      const entries = await this.#readers.read(after, last, events, bytes);
      if (entries.length > 0) return entries;
      // The entries were trimmed or erased, or have not reached the consumer's server of the cluster.
      const { epoch } = this;
      await this.#life.check();
      if (epoch === this.epoch) await this.#passHole(after, this.last);
      return undefined;
    };
    return withinBudget(this.#parts.budget, { events, bytes }, () => {
      return this.#life.use<readonly LogEntry[] | "gone">("return the entries", read);
    });
  }

  sync(): Promise<void> {
    return this.#inTime("return the newest entries", this.#catchUp());
  }

  async positionOf(id: string): Promise<number | undefined> {
    const { link, names } = this.#parts;
    const message = await this.#life.use("look up the event ID", async () => {
      const query = { last_by_subj: this.#life.subjects.ofId(id) };
      const found = await link.session.jsm.streams.getMessage(names.stream, query);
      if (found === null) {
        await this.#life.confirmStream();
        return null;
      }
      return (await isComplete(link, names.stream, found.seq, partOf({ headers: found.header }))) ? found : null;
    });
    if (message === null) return undefined;
    // Another process appended the entry before it knew of the current life. A subscriber may have received the entry
    // in the former life, and so without the gap of the current one.
    const epoch = epochOf({ headers: message.header });
    const isSound =
      epoch === undefined || message.seq <= this.lostAfter || this.#isValid({ epoch, offset: message.seq });
    return isSound ? message.seq : undefined;
  }

  async trim(through: number): Promise<void> {
    const { link, names } = this.#parts;
    await this.#life.use("trim the log", async () => {
      const first = Math.min(through, this.last) + 1;
      // The filter leaves the messages of another stream.
      const filter = this.#life.subjects.all;
      if (first > this.first) await link.session.jsm.streams.purge(names.stream, { seq: first, filter });
      this.view.trimmed(first);
      return null;
    });
  }

  delete(): Promise<void> {
    const deleting = this.#life.delete();
    // Later appends of this process belong to the next life.
    const ended = Promise.allSettled([this.#deleting, deleting]).then(() => {
      if (this.#deleting === ended) this.#deleting = undefined;
    });
    this.#deleting = ended;
    return this.#inTime("delete the channel", deleting);
  }

  override wasDeleted(epoch: string): boolean | Promise<boolean> {
    const { lives } = this.#parts;
    return this.view.wasDeleted(epoch) || this.#life.use("look up the epoch", () => lives.isDeleted(epoch));
  }

  async close(): Promise<void> {
    if (this.#life.isClosed) return;
    this.#life.close();
    this.#parts.rounds.remove(this.#member);
    this.#unwatch();
    this.#publisher.close(closedError());
    this.#stopReading();
    this.#tail.close();
    this.#wake();
    this.#parts.onClose(this);
  }

  /** Records what this process has seen of the channel, which is closed. */
  rememberIn(closed: ClosedChannels<KnownEntry | undefined>, name: string): void {
    this.#life.rememberIn(closed, name);
  }

  /**
   * If an operator erased the entry after the offset `after`, drops everything up to the next entry that is left: a log
   * must have no holes. `last` is the offset of the newest entry.
   */
  async #passHole(after: number, last: number): Promise<void> {
    const { link, names } = this.#parts;
    const { epoch } = this;
    const { identity } = link;
    const { subjects } = this.#life;
    if (after + 1 < this.first || after >= last || !this.#life.isChecked) return;
    // The stream's leader answers, so the entry is not merely late.
    const query = { seq: after + 1, next_by_subj: subjects.all };
    const next = await link.session.jsm.streams.getMessage(names.stream, query);
    if (next === null) await this.#life.confirmStream();
    if (epoch !== this.epoch || identity !== link.identity) return;
    this.view.trimmed(next?.seq ?? last + 1);
    this.#wake();
  }

  /** Resolves once the view has every entry that a check found, in one epoch. */
  async #catchUp(): Promise<void> {
    for (let epoch = ""; epoch !== this.epoch; ) {
      const last = await this.#life.check();
      epoch = this.epoch;
      while (this.epoch === epoch && Math.max(this.last, this.#assembler.received) < last) {
        this.#life.throwIfClosed();
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }

  /** Settles as `work` does, but rejects at the log's timeout. The error says that NATS did not complete `task`. */
  #inTime<T>(task: string, work: Promise<T>): Promise<T> {
    const { link, timeout } = this.#parts;
    return within(work, timeout, () => timeoutError(link, timeout, task));
  }

  async #publish(entries: readonly NewEntry[]): Promise<BatchPosition> {
    if (entries.length > 1) return this.#publisher.publishAll(entries);
    const { epoch, offset } = await this.#publisher.publish(entries[0]!);
    return { epoch, offsets: [offset] };
  }

  /** Takes a message of the tail. `isBehind`: see {@link TailListener.appended}. */
  #take(offset: number, message: StreamMessage, isBehind: boolean): void {
    if (!this.#life.isChecked || offset <= this.last) return;
    // The stream was replaced, and this process has not noticed yet.
    if (!this.#life.subjects.include(message.subject)) return this.#life.invalidate();
    if (!this.#life.knows(epochOf(message))) return;
    const decided = this.#assembler.take(readEntry(offset, message));
    const added = decided.filter((entry) => entry.offset > this.last);
    if (added.length > 0) this.#life.receive(added, isBehind);
    else this.#wake();
  }

  #stopReading(): void {
    this.#tail.stop();
    this.#assembler.clear();
    this.#readers.clear();
  }

  /** Another process may have begun a life, or be about to delete the channel. */
  #lifeWritten(message: NatsMessage): void {
    if (this.#life.isChecked && writtenEpoch(message.string()) !== this.epoch) this.#life.checkAfresh();
  }

  #checked(isNew: boolean, found: FoundStream): void {
    this.#roomBytes = storedBytes(this.#parts.retain.bytes) - found.bytes;
    this.#tail.follow(found);
    this.#wake();
    if (isNew) this.#publisher.sendAll();
  }

  #received(entries: readonly LogEntry[]): void {
    // The server trims by number of events at once.
    this.view.trimmed(this.last - this.#parts.retain.events + 1);
    for (const entry of entries) this.#roomBytes -= entryBytes(entry);
    // Only the server knows what it trimmed to limit the bytes.
    if (this.#roomBytes < 0) this.#parts.rounds.soon(this.#member);
    this.#wake();
  }

  #tailFailed(cause: Error | undefined): void {
    const reason =
      `refuses this process a consumer: ${cause?.message}. Check the account's max_consumers and permissions. ` +
      "Sluice keeps trying";
    const isFailing = cause !== undefined && !this.#life.isClosed;
    this.#failure = isFailing ? this.#parts.link.error(reason, { cause, outage: TAIL_OUTAGE }) : undefined;
    if (this.#failure !== undefined) this.view.failed(this.#failure);
    this.#parts.onTail(this);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Returns true if a position is of the current epoch, or if the current epoch still holds it. */
  #isValid({ epoch, offset }: Position): boolean {
    return epoch === this.epoch || (this.holds(epoch) ?? 0) >= offset;
  }
}
