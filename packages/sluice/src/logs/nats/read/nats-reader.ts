import type { LogEntry } from "../../log.ts";
import { BrokenLink, type NatsLink, type NatsMessage } from "../connection/nats-link.ts";
import { entryOf, placeOfMessage } from "./message.ts";

/** Messages and bytes that are asked for at once. */
const MAX_PULLED = 1_000;
const MIN_PULLED_BYTES = 65_536;
const MAX_PULLED_BYTES = 1_048_576;
const NATS_NO_RESPONDERS = 503;
const NATS_CONFLICT = 409;
/** A server that was just lost, or came back, leaves a request without an answer: within the timeout there is time for others. */
const ASKS_PER_TIMEOUT = 3;

/** A place in a stream: a pull consumer, and what it brought and nobody took yet. Whoever gets an error from it gives it up. */
export class NatsReader {
  /** When it was used last, by `performance.now()`. */
  used = 0;
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #name: string;
  readonly #inbox: string;
  readonly #patience: number;
  readonly #subscription: { unsubscribe(): void };
  #entries: LogEntry[] = [];
  #taken = 0;
  /** Where the consumer stands: what it brings next, or something after that. */
  #position: number;
  #heard: ((message: NatsMessage) => void) | undefined;

  constructor(link: NatsLink, stream: string, name: string, inbox: string, next: number, timeout: number) {
    this.#link = link;
    this.#stream = stream;
    this.#name = name;
    this.#inbox = inbox;
    this.#position = next;
    this.#patience = timeout / ASKS_PER_TIMEOUT;
    this.#subscription = link.session.connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error === null) this.#heard?.(message);
      },
    });
  }

  /** The offset that it gives next, as far as it knows. */
  get next(): number {
    return this.#entries[this.#taken]?.offset ?? this.#position;
  }

  /** The next entry, where it has one already. */
  take(): LogEntry | undefined {
    return this.#entries[this.#taken++] ?? this.#empty();
  }

  /** Takes the last one back. */
  giveBack(): void {
    this.#taken--;
  }

  /** Asks for some more, about so many bytes, and takes the first. `undefined` when the stream has none up to `last`. */
  async pull(last: number, bytes: number): Promise<LogEntry | undefined> {
    const batch = Math.max(1, Math.min(MAX_PULLED, last - this.#position + 1));
    const maxBytes = Math.max(MIN_PULLED_BYTES, Math.min(MAX_PULLED_BYTES, bytes));
    // Where the first is too large for that, it comes alone.
    if (!(await this.#ask(batch, maxBytes))) await this.#ask(1, 0);
    return this.take();
  }

  stop(): void {
    this.#heard = undefined;
    const { session, identity } = this.#link;
    if (!session.connection.isClosed()) this.#subscription.unsubscribe();
    // What cannot be deleted now is forgotten by the server soon.
    if (identity !== undefined) session.jsm.consumers.delete(this.#stream, this.#name).catch(() => {});
  }

  /** Whether that is what there is: not when the first message was larger than what was asked for. */
  async #ask(batch: number, maxBytes: number): Promise<boolean> {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${this.#name}`;
    const entries: LogEntry[] = [];
    let heard = performance.now();
    let timer: ReturnType<typeof setInterval> | undefined;
    const answer = new Promise<boolean>((resolve, reject) => {
      timer = setInterval(() => {
        if (performance.now() - heard > this.#patience) reject(new BrokenLink("NATS does not answer."));
      }, this.#patience / 2);
      this.#heard = (message) => {
        heard = performance.now();
        const status = message.headers?.code ?? 0;
        if (status === NATS_NO_RESPONDERS) return reject(new BrokenLink("NATS forgot the consumer."));
        // Any status ends it: there is no more, or no room for it.
        if (status !== 0) return resolve(status !== NATS_CONFLICT || entries.length > 0);
        const place = placeOfMessage(message.reply);
        if (place === undefined) return;
        entries.push(entryOf(place.sequence, message));
        if (entries.length === batch || place.pending === 0) resolve(true);
      };
    });
    const request = { batch, no_wait: true, ...(maxBytes > 0 ? { max_bytes: maxBytes } : {}) };
    this.#link.session.connection.publish(subject, JSON.stringify(request), { reply: this.#inbox });
    try {
      return await this.#link.whileUp(answer);
    } finally {
      clearInterval(timer);
      this.#heard = undefined;
      if (entries.length > 0) {
        this.#entries = entries;
        this.#taken = 0;
        this.#position = (entries.at(-1) as LogEntry).offset + 1;
      }
    }
  }

  #empty(): undefined {
    this.#entries = [];
    this.#taken = 0;
  }
}
