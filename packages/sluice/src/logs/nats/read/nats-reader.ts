import type { ReadEntry } from "../batch/batch-assembler.ts";
import { BrokenLink } from "../connection/nats-errors.ts";
import type { NatsLink, NatsMessage } from "../connection/nats-link.ts";
import { deleteConsumer } from "./consumer.ts";
import { deliveryNumbers, readEntry } from "./message.ts";

/** Limits of one request for messages. */
const MAX_BATCH = 1_000;
const MIN_BATCH_BYTES = 65_536;
const MAX_BATCH_BYTES = 1_048_576;
const NATS_NO_RESPONDERS = 503;
const NATS_CONFLICT = 409;
/**
 * A server that just failed or came back may never answer a request. This leaves time for other requests within the
 * log's timeout.
 */
const REQUESTS_PER_TIMEOUT = 3;

/** Options of {@link NatsReader}. */
export interface NatsReaderOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** Name of the pull consumer. */
  readonly consumer: string;
  /** Number of the first message that the consumer delivers. */
  readonly next: number;
  /** The log's timeout, in ms. */
  readonly timeout: number;
}

/**
 * A position in a stream: a pull consumer, and the delivered entries that no caller has taken. Stop the reader after an
 * error.
 */
export class NatsReader {
  /** Time of the last use, by `performance.now()`. */
  used = 0;
  readonly #options: NatsReaderOptions;
  readonly #inbox: string;
  /** How long a request waits for the next message, in ms. */
  readonly #patience: number;
  readonly #subscription: { unsubscribe(): void };
  #entries: ReadEntry[] = [];
  #taken = 0;
  /** The consumer's next message has this number, or a larger one. */
  #position: number;
  #onMessage: ((message: NatsMessage) => void) | undefined;

  constructor(options: NatsReaderOptions) {
    const { link, next, timeout } = options;
    this.#options = options;
    this.#position = next;
    this.#patience = timeout / REQUESTS_PER_TIMEOUT;
    this.#inbox = link.newInbox();
    this.#subscription = link.session.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#onMessage?.(message);
      },
    });
  }

  /** Offset of the next entry, as far as the reader knows. */
  get next(): number {
    return this.#entries[this.#taken]?.entry.offset ?? this.#position;
  }

  /** Takes the next entry that was already delivered; `undefined` if there is none. */
  take(): ReadEntry | undefined {
    return this.#entries[this.#taken++] ?? this.#empty();
  }

  /** Undoes the last {@link take}. */
  giveBack(): void {
    this.#taken--;
  }

  /**
   * Requests more entries, of about `bytes` bytes, and takes the first. Returns `undefined` if the stream has none up
   * to `last`.
   */
  async pull(last: number, bytes: number): Promise<ReadEntry | undefined> {
    const batch = Math.max(1, Math.min(MAX_BATCH, last - this.#position + 1));
    const maxBytes = Math.max(MIN_BATCH_BYTES, Math.min(MAX_BATCH_BYTES, bytes));
    // If the first message is larger than `maxBytes`, request that message alone.
    if (!(await this.#request(batch, maxBytes))) await this.#request(1, 0);
    return this.take();
  }

  stop(): void {
    this.#onMessage = undefined;
    const { link, stream, consumer } = this.#options;
    if (!link.session.connection.isClosed()) this.#subscription.unsubscribe();
    deleteConsumer(link, stream, consumer);
  }

  /** Requests messages; 0 for `maxBytes` is no limit. Returns false if the first message was larger than `maxBytes`. */
  async #request(batch: number, maxBytes: number): Promise<boolean> {
    const { link, stream, consumer } = this.#options;
    const subject = `${link.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    const entries: ReadEntry[] = [];
    let lastMessageAt = performance.now();
    let timer: ReturnType<typeof setInterval> | undefined;
    const answer = new Promise<boolean>((resolve, reject) => {
      timer = setInterval(() => {
        if (performance.now() - lastMessageAt > this.#patience) reject(new BrokenLink("NATS does not answer."));
      }, this.#patience / 2);
      this.#onMessage = (message) => {
        lastMessageAt = performance.now();
        const status = message.headers?.code ?? 0;
        if (status === NATS_NO_RESPONDERS) return reject(new BrokenLink("NATS deleted the consumer."));
        // Any status ends the request: there are no more messages, or they exceed `maxBytes`.
        if (status !== 0) return resolve(status !== NATS_CONFLICT || entries.length > 0);
        const numbers = deliveryNumbers(message.reply);
        if (numbers === undefined) return;
        entries.push(readEntry(numbers.sequence, message));
        if (entries.length === batch || numbers.pending === 0) resolve(true);
      };
    });
    const request = { batch, no_wait: true, ...(maxBytes > 0 ? { max_bytes: maxBytes } : {}) };
    link.session.connection.publish(subject, JSON.stringify(request), { reply: this.#inbox });
    try {
      return await link.whileUp(answer);
    } finally {
      clearInterval(timer);
      this.#onMessage = undefined;
      if (entries.length > 0) {
        this.#entries = entries;
        this.#taken = 0;
        this.#position = entries.at(-1)!.entry.offset + 1;
      }
    }
  }

  #empty(): undefined {
    this.#entries = [];
    this.#taken = 0;
  }
}
