import type { ChannelLog, LogEntry, NewEntry, Retention } from "../log.ts";
import type { LogView } from "../shared/log-view.ts";
import { SharedChannelLog } from "../shared/shared-channel-log.ts";
import { type Acknowledged, NatsPublisher } from "./append/nats-publisher.ts";
import { within } from "./connection/nats-link.ts";
import { NatsChannelLife, type NatsLifeParts } from "./life/nats-channel-life.ts";
import { entryOf } from "./read/message.ts";
import { NatsReaders } from "./read/nats-readers.ts";
import { NatsTail } from "./read/nats-tail.ts";

/** How often the log is looked at when nothing else asks for it, in ms: what the server trimmed and who began a new life are not told. */
const LOOK_MS = 1_000;
/** How soon after an append, where bytes are limited: only the server knows what that trimmed. */
const LOOK_SOON_MS = 250;

/** What the channel's log needs. */
export interface NatsChannelParts extends NatsLifeParts {
  readonly retain: Retention;
  readonly closed: (log: NatsChannelLog) => void;
}

/** The log of a channel in a stream of JetStream's. */
export class NatsChannelLog extends SharedChannelLog implements ChannelLog {
  readonly #parts: NatsChannelParts;
  readonly #life: NatsChannelLife;
  readonly #publisher: NatsPublisher;
  readonly #readers: NatsReaders;
  readonly #tail: NatsTail;
  #soon: ReturnType<typeof setTimeout> | undefined;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #unwatch: () => void;
  readonly #waiting: (() => void)[] = [];

  constructor(parts: NatsChannelParts) {
    super();
    this.#parts = parts;
    const { link, place, timeout } = parts;
    this.#life = new NatsChannelLife(parts, {
      leaving: () => this.#leave(),
      lookedAt: (isOther) => this.#follow(isOther),
      told: () => this.#told(),
    });
    this.#publisher = new NatsPublisher(link, place, this.#life, timeout);
    const inbox = () => link.newInbox();
    this.#readers = new NatsReaders(link, place.stream, inbox, timeout);
    this.#tail = new NatsTail(link, place.stream, inbox, (offset, message) => {
      if (this.#life.isOpen && offset > this.last) this.#life.tell([entryOf(offset, message)]);
    });
    this.#unwatch = link.onChange(() => {
      this.#tail.stop();
      this.#life.lookInBackground();
    });
    this.#timer = setInterval(() => this.#life.lookInBackground(), LOOK_MS);
    (this.#timer as { unref?(): void }).unref?.();
  }

  protected get view(): LogView {
    return this.#life.known;
  }

  /** Resolves once the log was looked at. */
  async open(): Promise<void> {
    await within(this.#parts.timeout, "answer", this.#life.look());
  }

  async append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    this.#life.checkOpen();
    const acknowledged = await Promise.all(entries.map((entry) => this.#publisher.publish(entry)));
    if (!acknowledged.every((one) => this.#isOfThisLife(one))) {
      throw new Error("NATS lost data while it took the events; whether they are kept is not known.");
    }
    return acknowledged.map(({ offset }) => offset);
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    return this.#life.use<readonly LogEntry[] | "gone">("bring the entries", async () => {
      const { first, last } = this;
      if (after + 1 < first) return "gone";
      if (after >= last) return [];
      const found = await this.#readers.read(after, last, events, bytes);
      if (found.length > 0) return found;
      // Trimmed, or not yet where the consumer is, on another server of a cluster.
      await this.#life.look();
      return undefined;
    });
  }

  sync(): Promise<void> {
    return within(this.#parts.timeout, "say what it has", this.#catchUp());
  }

  async positionOf(id: string): Promise<number | undefined> {
    const { link, place } = this.#parts;
    const query = { last_by_subj: place.subjectOf(id) };
    const find = () => link.session.jsm.streams.getMessage(place.stream, query);
    const message = await this.#life.use("look for the ID", find);
    return message?.seq;
  }

  trim(through: number): Promise<void> {
    const { link, place } = this.#parts;
    return this.#life
      .use("trim the log", async () => {
        const first = Math.min(through, this.last) + 1;
        if (first > this.first) await link.session.jsm.streams.purge(place.stream, { seq: first });
        this.view.trimmed(first);
        return null;
      })
      .then(() => {});
  }

  async close(): Promise<void> {
    if (this.#life.isClosed) return;
    this.#life.close();
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#unwatch();
    this.#publisher.close(this.#life.closedError());
    this.#leave();
    this.#wake();
    this.#parts.closed(this);
  }

  async #catchUp(): Promise<void> {
    for (let epoch = ""; epoch !== this.epoch; ) {
      const last = await this.#life.look();
      epoch = this.epoch;
      while (this.epoch === epoch && this.last < last) {
        this.#life.checkOpen();
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }

  /** Reads no more by what the connection, or the life, before had. */
  #leave(): void {
    this.#tail.stop();
    this.#readers.clear();
  }

  #follow(isOther: boolean): void {
    this.#tail.follow(this.last + 1);
    this.#wake();
    if (isOther) this.#publisher.sendAll();
  }

  #told(): void {
    const { events, bytes } = this.#parts.retain;
    // The server has trimmed that by now.
    this.view.trimmed(this.last - events + 1);
    if (bytes !== Number.POSITIVE_INFINITY) {
      this.#soon ??= setTimeout(() => {
        this.#soon = undefined;
        this.#life.lookInBackground();
      }, LOOK_SOON_MS);
      (this.#soon as { unref?(): void }).unref?.();
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #isOfThisLife({ offset, epoch }: Acknowledged): boolean {
    return epoch === this.epoch || (this.holds(epoch) ?? 0) >= offset;
  }
}
