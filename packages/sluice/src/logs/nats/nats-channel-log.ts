import type { Position } from "../../base/position.ts";
import { within } from "../../base/time/timers.ts";
import type { ChannelLog, LogEntry, NewEntry } from "../log.ts";
import { closedError } from "../shared/failures/closed-error.ts";
import type { ClosedChannels } from "../shared/view/closed-channels.ts";
import type { LogView } from "../shared/view/log-view.ts";
import { SharedChannelLog } from "../shared/view/shared-channel-log.ts";
import type { BatchPosition } from "./append/nats-batch.ts";
import { NatsPublisher } from "./append/nats-publisher.ts";
import { partOf } from "./batch/batch-part.ts";
import { isComplete } from "./batch/find-batch.ts";
import { timeoutError } from "./connection/timeout-error.ts";
import type { KnownEntry } from "./life/known-entry.ts";
import { NatsChannelLife } from "./life/nats-channel-life.ts";
import { epochOf } from "./message-id.ts";
import { type NatsArrivalParts, NatsArrivals } from "./nats-arrivals.ts";
import { NatsReaders } from "./read/nats-readers.ts";
import { withinBudget } from "./read/within-budget.ts";
import { recognitionMs } from "./stream/nats-stream.ts";
import { keptBytes } from "./stream/stream-limits.ts";

/** Parts that {@link NatsChannelLog} works with. */
export interface NatsChannelParts extends NatsArrivalParts {
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
  readonly #arrivals: NatsArrivals;
  /** Resolves when all deletions of this process have ended. */
  #deleting: Promise<void> | undefined;
  /** Appends that wait for a deletion. Later appends must not overtake them. */
  #heldAppends = 0;

  constructor(parts: NatsChannelParts) {
    super();
    this.#parts = parts;
    const { link, names, timeout } = parts;
    const isOwn = (subject: string) => this.#life.subjects.include(subject);
    this.#life = new NatsChannelLife(parts, {
      abandon: () => this.#stopReading(),
      checked: (isNew, found) => {
        this.#arrivals.checked(found);
        if (isNew) this.#publisher.sendAll();
      },
      received: (entries) => this.#arrivals.received(entries),
      look: () => this.#arrivals.look(),
      failed: (error) => parts.onError(error),
    });
    this.#publisher = new NatsPublisher({
      link,
      names,
      log: this.#life,
      timeout,
      recognisedMs: recognitionMs(timeout),
    });
    this.#readers = new NatsReaders({ link, stream: names.stream, timeout, isOwn });
    this.#arrivals = new NatsArrivals(parts, this.#life, () => parts.onTail(this));
  }

  get failure(): Error | undefined {
    return this.#arrivals.failure;
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
      if (epoch === this.epoch) await this.#arrivals.passHole(after, this.last);
      return undefined;
    };
    return withinBudget(this.#parts.budget, { events, bytes }, () => {
      return this.#life.use<readonly LogEntry[] | "gone">("return the entries", read);
    });
  }

  sync(): Promise<void> {
    return this.#inTime("return the newest entries", this.#arrivals.catchUp());
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
    this.#publisher.close(closedError());
    this.#arrivals.close();
    this.#readers.clear();
    this.#parts.onClose(this);
  }

  /** Records what this process has seen of the channel, which is closed. */
  rememberIn(closed: ClosedChannels<KnownEntry | undefined>, name: string): void {
    this.#life.rememberIn(closed, name);
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

  #stopReading(): void {
    this.#arrivals.stop();
    this.#readers.clear();
  }

  /** Returns true if a position is of the current epoch, or if the current epoch still holds it. */
  #isValid({ epoch, offset }: Position): boolean {
    return epoch === this.epoch || (this.holds(epoch) ?? 0) >= offset;
  }
}
