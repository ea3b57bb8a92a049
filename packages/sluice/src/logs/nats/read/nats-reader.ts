import type { ReadEntry } from "../batch/batch-assembler.ts";
import { ReplacedStream } from "../connection/nats-errors.ts";
import { readEntry } from "./message.ts";
import { PullConsumer, type PullConsumerOptions, type RequestLimits } from "./pull-consumer.ts";

/** Limits of one request for messages. */
const MAX_BATCH = 1_000;
export const MIN_BATCH_BYTES = 65_536;
export const MAX_BATCH_BYTES = 1_048_576;

/** Options of {@link NatsReader}. */
export interface NatsReaderOptions extends PullConsumerOptions {
  /** Number of the first message that the consumer delivers. */
  readonly next: number;
  /** Returns true if a message with this subject is of the stream that the process knows. */
  readonly isOwn: (subject: string) => boolean;
}

/**
 * A position in a stream: a pull consumer, and the delivered entries that no caller has taken. Stop the reader after an
 * error.
 */
export class NatsReader {
  /** Time of the last use, by `performance.now()`. */
  used = 0;
  readonly #consumer: PullConsumer;
  readonly #isOwn: NatsReaderOptions["isOwn"];
  #entries: ReadEntry[] = [];
  #taken = 0;
  /** The consumer's next message has this number, or a larger one. */
  #position: number;

  constructor({ next, isOwn, ...options }: NatsReaderOptions) {
    this.#isOwn = isOwn;
    this.#consumer = new PullConsumer(options);
    this.#position = next;
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
   * Requests at most `events` more entries, of about `bytes` bytes, and takes the first. Returns `undefined` if the
   * stream has none up to `last`.
   */
  async pull(last: number, events: number, bytes: number): Promise<ReadEntry | undefined> {
    const batch = Math.max(1, Math.min(MAX_BATCH, events, last - this.#position + 1));
    const maxBytes = Math.max(MIN_BATCH_BYTES, Math.min(MAX_BATCH_BYTES, bytes));
    // If the first message is larger than `maxBytes`, request that message alone.
    if (!(await this.#request({ batch, bytes: maxBytes }))) await this.#request({ batch: 1 });
    return this.take();
  }

  /** Records the use, and drops the entries that were taken: the reader may be idle for long. */
  rest(): void {
    this.used = performance.now();
    this.#entries = this.#entries.slice(this.#taken);
    this.#taken = 0;
  }

  stop(): void {
    this.#consumer.stop();
  }

  /** Requests messages. Returns false if the first message was larger than `bytes`. */
  async #request(limits: RequestLimits): Promise<boolean> {
    const entries: ReadEntry[] = [];
    let isReplaced = false;
    try {
      const isWithin = await this.#consumer.request(limits, ({ sequence }, message) => {
        if (this.#isOwn(message.subject)) entries.push(readEntry(sequence, message));
        else isReplaced = true;
      });
      if (isReplaced) throw new ReplacedStream("The consumer is of another stream.");
      return isWithin;
    } finally {
      const newest = entries.at(-1);
      if (newest !== undefined) {
        this.#entries = entries;
        this.#taken = 0;
        this.#position = newest.entry.offset + 1;
      }
    }
  }

  #empty(): undefined {
    this.#entries = [];
    this.#taken = 0;
  }
}
