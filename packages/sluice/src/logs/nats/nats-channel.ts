import { SluiceError } from "../../protocol/sluice-error.ts";
import { entryText } from "../entry-text.ts";
import { KnownLog } from "../known-log.ts";
import type { Life } from "../life.ts";
import type { ChannelLog, LogEntry, NewEntry, Retention, TailListener } from "../log.ts";
import { entryOf } from "./nats-entry.ts";
import { apiCode, BrokenLink, isTimeout, type NatsLink, STREAM_NOT_FOUND, within } from "./nats-link.ts";
import { lifeOf, type NatsLives } from "./nats-lives.ts";
import { NatsLooks } from "./nats-looks.ts";
import type { Place } from "./nats-names.ts";
import { type Acknowledged, NatsPublisher } from "./nats-publisher.ts";
import { NatsReaders } from "./nats-readers.ts";
import type { FoundStream, NatsStream } from "./nats-stream.ts";
import { NatsTail } from "./nats-tail.ts";

/** How often the log is looked at when nothing else asks for it, in ms: what the server trimmed and who began a new life are not told. */
const LOOK_MS = 1_000;
/** How soon after an append, where bytes are limited: only the server knows what that trimmed. */
const LOOK_SOON_MS = 250;
/** How soon is asked again, where the answer was none, in ms. */
const AGAIN_MS = 20;

/** What the channel's log needs. */
export interface NatsChannelParts {
  readonly link: NatsLink;
  readonly lives: NatsLives;
  readonly stream: NatsStream;
  readonly place: Place;
  readonly retain: Retention;
  readonly timeout: number;
  readonly closed: (log: NatsChannelLog) => void;
}

/**
 * The log of a channel in a stream of JetStream's. Nothing is sent by a connection before the log was *looked at* by it: the stream and its
 * life were read, and a new life was begun where the server is another run than the one of the life.
 */
export class NatsChannelLog implements ChannelLog {
  readonly #parts: NatsChannelParts;
  readonly #publisher: NatsPublisher;
  readonly #readers: NatsReaders;
  readonly #tail: NatsTail;
  #known: KnownLog | undefined;
  /** The connection by which the log was looked at. */
  #lookedAtBy: string | undefined;
  /** Each resolves to the offset of the newest entry that it found. */
  readonly #looks: NatsLooks;
  /** The newest entry that this process was told of by its present epoch. */
  #newest: LogEntry | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #unwatch: () => void;
  #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(parts: NatsChannelParts) {
    this.#parts = parts;
    const { link, place, timeout } = parts;
    this.#looks = new NatsLooks(link, () => this.#lookOnce());
    this.#publisher = new NatsPublisher(link, place, this.#publishing(), timeout);
    const inbox = () => link.newInbox();
    this.#readers = new NatsReaders(link, place.stream, inbox, timeout);
    this.#tail = new NatsTail(link, place.stream, inbox, (offset, message) => {
      if (this.#isOpen && offset > this.last) this.#tell([entryOf(offset, message)]);
    });
    this.#unwatch = link.onChange(() => {
      this.#tail.stop();
      this.#looks.lookInBackground();
    });
    this.#timer = setInterval(() => this.#looks.lookInBackground(), LOOK_MS);
    (this.#timer as { unref?(): void }).unref?.();
  }

  /** Resolves once the log was looked at. */
  async open(): Promise<void> {
    await within(this.#parts.timeout, "answer", this.#looks.look());
  }

  get epoch(): string {
    return this.#current.epoch;
  }

  get first(): number {
    return this.#current.first;
  }

  get last(): number {
    return this.#current.last;
  }

  get lostAfter(): number {
    return this.#current.lostAfter;
  }

  holds(epoch: string): number | undefined {
    return this.#current.holds(epoch);
  }

  async append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    if (this.#isClosed) throw closed();
    const acknowledged = await Promise.all(entries.map((entry) => this.#publisher.publish(entry)));
    if (!acknowledged.every((one) => this.#isOfThisLife(one))) {
      throw new Error("NATS lost data while it took the events; whether they are kept is not known.");
    }
    return acknowledged.map(({ offset }) => offset);
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    return this.#ask<readonly LogEntry[] | "gone">("bring the entries", async () => {
      const { first, last } = this;
      if (after + 1 < first) return "gone";
      if (after >= last) return [];
      const found = await this.#readers.read(after, last, events, bytes);
      if (found.length > 0) return found;
      // Trimmed, or not yet where the consumer is, on another server of a cluster.
      await this.#looks.look();
      return undefined;
    });
  }

  tail(listener: TailListener): () => void {
    return this.#current.tail(listener);
  }

  sync(): Promise<void> {
    return within(this.#parts.timeout, "say what it has", this.#sync());
  }

  async positionOf(id: string): Promise<number | undefined> {
    const { link, place } = this.#parts;
    const query = { last_by_subj: place.subjectOf(id) };
    const message = await this.#ask("look for the ID", () => link.session.jsm.streams.getMessage(place.stream, query));
    return message?.seq;
  }

  trim(through: number): Promise<void> {
    const { link, place } = this.#parts;
    return this.#ask("trim the log", async () => {
      const first = Math.min(through, this.last) + 1;
      if (first > this.first) await link.session.jsm.streams.purge(place.stream, { seq: first });
      this.#current.trimmed(first);
      return null;
    }).then(() => {});
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#unwatch();
    this.#publisher.close(closed());
    this.#readers.clear();
    this.#tail.stop();
    this.#wake();
    this.#parts.closed(this);
  }

  get #current(): KnownLog {
    if (this.#known === undefined) throw new Error("The log is not open yet.");
    return this.#known;
  }

  /** Whether the log was looked at by the connection that there is now. */
  get #isOpen(): boolean {
    return this.#lookedAtBy !== undefined && this.#lookedAtBy === this.#parts.link.identity;
  }

  /** Asks by one connection and in one life, again where either changed or the answer is `undefined`, for as long as the timeout. */
  #ask<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    const { link, timeout } = this.#parts;
    const end = performance.now() + timeout;
    const asked = async (): Promise<T> => {
      for (;;) {
        if (this.#isClosed) throw closed();
        if (!this.#isOpen) await this.#looks.look();
        const { epoch } = this;
        const { identity } = link;
        try {
          const answer = await link.whileUp(ask());
          if (answer !== undefined && this.epoch === epoch && link.identity === identity) return answer;
        } catch (error) {
          if (apiCode(error) === STREAM_NOT_FOUND) this.#lookedAtBy = undefined;
          else if (!(error instanceof BrokenLink) && !isTimeout(error)) throw error;
        }
        if (performance.now() > end) throw new BrokenLink();
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    };
    return within(timeout, what, asked());
  }

  async #sync(): Promise<void> {
    for (let epoch = ""; epoch !== this.epoch; ) {
      const last = await this.#looks.look();
      epoch = this.epoch;
      while (this.epoch === epoch && this.last < last) {
        if (this.#isClosed) throw closed();
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }

  async #lookOnce(): Promise<number> {
    const { link, lives, stream, place } = this.#parts;
    const { identity } = link;
    for (;;) {
      const seen = this.#known?.seen;
      const [found, kept] = await Promise.all([stream.find(), lives.read(place.token)]);
      const isSame = identity === this.#lookedAtBy || (await this.#hasNewest(found));
      const life = lifeOf(found, kept, isSame, seen);
      if (identity === undefined || identity !== link.identity) throw new BrokenLink();
      const isAgreed = life === kept.life || (await lives.write(place.token, life, kept.sequence));
      if (this.#isClosed) throw closed();
      if (identity !== link.identity) throw new BrokenLink();
      if (!isAgreed) continue;
      this.#adopt(life, found, identity);
      return found.last;
    }
  }

  /** Whether the stream still has the newest entry that is known, where it has one of its offset. */
  async #hasNewest({ first, last }: FoundStream): Promise<boolean> {
    const newest = this.#newest;
    if (newest === undefined || newest.offset < first || newest.offset > last) return true;
    const { link, place } = this.#parts;
    const message = await link.session.jsm.streams.getMessage(place.stream, { seq: newest.offset });
    return message === null || message.string() === entryText(newest, newest.time);
  }

  #adopt(life: Life, { first, last }: FoundStream, identity: string): void {
    const isOther = life.epoch !== this.#known?.epoch || identity !== this.#lookedAtBy;
    this.#lookedAtBy = identity;
    if (isOther) {
      this.#tail.stop();
      this.#readers.clear();
    }
    if (life.epoch !== this.#known?.epoch) this.#newest = undefined;
    if (this.#known === undefined) this.#known = new KnownLog(life, first, last);
    else this.#known.lives(life, first, last);
    this.#tail.follow(this.last + 1);
    this.#wake();
    if (isOther) this.#publisher.sendAll();
  }

  /** Entries in order, of this life, whoever brings them. */
  #tell(entries: readonly LogEntry[]): void {
    this.#current.read(entries);
    this.#newest = entries.at(-1);
    const { events, bytes } = this.#parts.retain;
    // The server has trimmed that by now.
    this.#current.trimmed(this.last - events + 1);
    if (bytes !== Number.POSITIVE_INFINITY) {
      this.#soon ??= setTimeout(() => {
        this.#soon = undefined;
        this.#looks.lookInBackground();
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

  #publishing(): ConstructorParameters<typeof NatsPublisher>[2] {
    const log = this;
    return {
      get epoch() {
        return log.epoch;
      },
      get last() {
        return log.last;
      },
      get isOpen() {
        return log.#isOpen;
      },
      get trouble() {
        return log.#looks.trouble;
      },
      distrust() {
        log.#lookedAtBy = undefined;
        log.#looks.lookInBackground();
      },
      appended(entry) {
        if (entry.offset === log.last + 1) log.#tell([entry]);
        else log.#current.appended([entry]);
      },
      acknowledged(offset) {
        log.#current.acknowledged(offset);
      },
    };
  }
}

function closed(): SluiceError {
  return new SluiceError("CLOSED", "The log is closed.");
}
