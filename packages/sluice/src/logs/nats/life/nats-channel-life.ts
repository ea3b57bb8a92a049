import type { SluiceError } from "../../../base/sluice-error.ts";
import type { LogEntry } from "../../log.ts";
import { closedError } from "../../shared/closed-error.ts";
import { entryText } from "../../shared/entry-text.ts";
import type { Life } from "../../shared/life.ts";
import { LogView } from "../../shared/log-view.ts";
import { AheadEntries } from "../append/acknowledged-entries.ts";
import type { Publishing } from "../append/nats-publisher.ts";
import type { Place } from "../channel-names.ts";
import {
  apiCode,
  BrokenLink,
  isTimeout,
  type NatsLink,
  STREAM_NOT_FOUND,
  tooLate,
  within,
} from "../connection/nats-link.ts";
import type { FoundStream, NatsStream } from "../stream/nats-stream.ts";
import { NatsLooks } from "./coalesced-check.ts";
import { lifeOf, type NatsLives } from "./nats-lives.ts";

/** How soon is asked again where the answer was none, in ms: first, and at most. */
const AGAIN_MS = 20;
const MAX_AGAIN_MS = 320;

/** What the life of a channel's log is found in. */
export interface NatsLifeParts {
  readonly link: NatsLink;
  readonly lives: NatsLives;
  readonly stream: NatsStream;
  readonly place: Place;
  readonly timeout: number;
}

/** Hears what the life comes to. */
export interface NatsLifeListener {
  /** Another connection or another life comes: what is held of the one before is of no use. */
  leaving(): void;
  /** The log was looked at; `isOther`: for the first time by this connection, or in this life. */
  lookedAt(isOther: boolean): void;
  /** Entries were told. */
  told(): void;
}

/**
 * The life that a channel's log is in, as far as this process knows; what is done in it is done again where that was another. Nothing is sent
 * by a connection before the log was *looked at* by it: the stream and its life were read, and a new life was begun where the server is
 * another run than the one of the life.
 */
export class NatsChannelLife implements Publishing {
  isClosed = false;
  readonly #parts: NatsLifeParts;
  readonly #listener: NatsLifeListener;
  /** Each resolves to the offset of the newest entry that it found. */
  readonly #looks: NatsLooks;
  #known: LogView | undefined;
  /** The connection by which the log was looked at. */
  #lookedAtBy: string | undefined;
  /** The newest entry that this process was told of by its present epoch. */
  #newest: LogEntry | undefined;
  readonly #ahead = new AheadEntries();
  /** Whether NATS showed other entries in this epoch than it had acknowledged. */
  #isContradicted = false;

  constructor(parts: NatsLifeParts, listener: NatsLifeListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#looks = new NatsLooks(parts.link, () => this.#lookOnce());
  }

  /** What is known of the log, once it was looked at. */
  get known(): LogView {
    if (this.#known === undefined) throw new Error("The log is not open yet.");
    return this.#known;
  }

  get epoch(): string {
    return this.known.epoch;
  }

  get last(): number {
    return this.known.last;
  }

  /** Whether the log was looked at by the connection that there is now. */
  get isOpen(): boolean {
    return this.#lookedAtBy !== undefined && this.#lookedAtBy === this.#parts.link.identity;
  }

  get trouble(): Error | undefined {
    return this.#looks.trouble;
  }

  /** Resolves once the log was looked at, to the offset of its newest entry. The first time opens the log. */
  look(): Promise<number> {
    return this.#looks.look();
  }

  /** Looks unless somebody does already. What is wrong is told to whoever asks for something next. */
  lookInBackground(): void {
    this.#looks.lookInBackground();
  }

  distrust(): void {
    this.#lookedAtBy = undefined;
    this.#looks.lookInBackground();
  }

  /** Does what may be done twice, by one connection and in one life, again where either changed or the answer is `undefined`, for as long as the timeout. */
  use<T>(what: string, work: () => Promise<T | undefined>): Promise<T> {
    const { link, timeout } = this.#parts;
    const end = performance.now() + timeout;
    const done = async (): Promise<T> => {
      for (let wait = AGAIN_MS; ; wait = Math.min(2 * wait, MAX_AGAIN_MS)) {
        this.checkOpen();
        if (!this.isOpen) await this.#looks.look();
        const { epoch } = this;
        const { identity } = link;
        try {
          const result = await link.whileUp(work());
          if (result !== undefined && this.epoch === epoch && link.identity === identity) return result;
        } catch (error) {
          if (apiCode(error) === STREAM_NOT_FOUND) this.#lookedAtBy = undefined;
          else if (!(error instanceof BrokenLink) && !isTimeout(error)) throw error;
        }
        // Nobody waits for it any more.
        if (performance.now() > end) throw tooLate(timeout, what);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    };
    return within(timeout, what, done());
  }

  /** Entries in order, of this life, whoever brings them. */
  tell(entries: readonly LogEntry[]): void {
    if (this.#ahead.passedBy(entries)) {
      this.#isContradicted = true;
      this.distrust();
      return;
    }
    this.known.receive(entries);
    this.#newest = entries.at(-1);
    this.#listener.told();
  }

  appended(entry: LogEntry): void {
    if (entry.offset === this.last + 1) return this.tell([entry]);
    this.known.appended([entry]);
    if (entry.offset > this.last) this.#ahead.add(entry);
  }

  acknowledged(offset: number): void {
    this.known.acknowledged(offset);
  }

  checkOpen(): void {
    if (this.isClosed) throw this.closedError();
  }

  closedError(): SluiceError {
    return closedError();
  }

  close(): void {
    this.isClosed = true;
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
      this.checkOpen();
      if (identity !== link.identity) throw new BrokenLink();
      if (!isAgreed) continue;
      this.#adopt(life, found, identity);
      return found.last;
    }
  }

  /** Whether the stream still has what it had, as far as can be seen: the newest entry that is known, where it has one of its offset. */
  async #hasNewest({ first, last }: FoundStream): Promise<boolean> {
    if (this.#isContradicted) return false;
    const newest = this.#newest;
    if (newest === undefined || newest.offset < first || newest.offset > last) return true;
    const { link, place } = this.#parts;
    const message = await link.session.jsm.streams.getMessage(place.stream, { seq: newest.offset });
    return message === null || message.string() === entryText(newest, newest.time);
  }

  #adopt(life: Life, { first, last }: FoundStream, identity: string): void {
    const isOtherLife = life.epoch !== this.#known?.epoch;
    const isOther = isOtherLife || identity !== this.#lookedAtBy;
    this.#lookedAtBy = identity;
    if (isOther) this.#listener.leaving();
    if (isOtherLife) {
      this.#newest = undefined;
      this.#ahead.clear();
      this.#isContradicted = false;
    }
    if (this.#known === undefined) this.#known = new LogView(life, first, last);
    else this.#known.enterLife(life, first, last);
    this.#listener.lookedAt(isOther);
  }
}
