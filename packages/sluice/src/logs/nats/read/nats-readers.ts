import { entryBytes, type LogEntry } from "../../log.ts";
import { appendedEntry, BatchAssembler, type ReadEntry, voidEntry } from "../batch/batch-assembler.ts";
import { isComplete } from "../batch/find-batch.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { addConsumer } from "./consumer.ts";
import { NatsReader } from "./nats-reader.ts";

/** Idle readers kept for a later call. */
const MAX_READERS = 8;
/** A reader idle for longer is not used again. The server deletes its consumer after `INACTIVE_MS`. */
const IDLE_MS = 10_000;
const INACTIVE_MS = 30_000;

/** Options of {@link NatsReaders}. */
export interface NatsReadersOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** The log's timeout, in ms. */
  readonly timeout: number;
  /** Returns true if a message with this subject is of the stream that the process knows. */
  readonly isOwn: (subject: string) => boolean;
}

/**
 * Reads a stream page by page. Each idle reader is a pull consumer at some position of the stream. A call that
 * continues from that position uses the reader again, so a long replay costs one request per page.
 */
export class NatsReaders {
  readonly #options: NatsReadersOptions;
  /** Idle readers; the last one was used last. */
  readonly #idle: NatsReader[] = [];

  constructor(options: NatsReadersOptions) {
    this.#options = options;
  }

  /**
   * Returns entries after `after` up to `last`, as `ChannelLog.read` does. Returns none if the first of them is
   * missing. Rejects with {@link ReplacedStream} if the entries are of another stream.
   */
  async read(after: number, last: number, events: number, bytes: number): Promise<readonly LogEntry[]> {
    const reader = this.#take(after + 1) ?? (await this.#open(after + 1));
    const found: ReadEntry[] = [];
    try {
      let size = 0;
      while (found.length < events && size < bytes && after + found.length < last) {
        const next = reader.take() ?? (await reader.pull(last, events - found.length, bytes));
        if (next === undefined) break;
        if (next.entry.offset !== after + 1 + found.length) {
          // The entries before this one were trimmed. Leave this one to a later call that asks for it.
          reader.giveBack();
          break;
        }
        found.push(next);
        size += entryBytes(next.entry);
      }
    } catch (error) {
      reader.stop();
      throw error;
    }
    if (found.length === 0 && reader.next === after + 1) {
      // The entries have not reached this server of the cluster. The next reader may be on another server.
      reader.stop();
      return [];
    }
    this.#park(reader, last);
    return this.#decide(found);
  }

  /** Keeps a reader for the call that continues, unless it has read everything: thousands of channels may be open. */
  #park(reader: NatsReader, last: number): void {
    if (reader.next > last) return reader.stop();
    reader.rest();
    this.#idle.push(reader);
    if (this.#idle.length > MAX_READERS) this.#idle.shift()?.stop();
  }

  /** Returns consecutive messages as entries of the log. */
  async #decide(found: readonly ReadEntry[]): Promise<readonly LogEntry[]> {
    const { link, stream } = this.#options;
    const assembler = new BatchAssembler();
    const decided = found.flatMap((next) => assembler.take(next));
    const [held] = assembler.held;
    if (held === undefined) return decided;
    // The page ends in the middle of a batch. All entries up to `last` are decided, so the batch is complete or void.
    const isWhole = await isComplete(link, stream, held.entry.offset, held.part);
    return [...decided, ...assembler.held.map(isWhole ? appendedEntry : voidEntry)];
  }

  /** Stops all readers: the connection or the stream was replaced. */
  clear(): void {
    for (const reader of this.#idle.splice(0)) reader.stop();
  }

  #take(next: number): NatsReader | undefined {
    const oldest = performance.now() - IDLE_MS;
    while (this.#idle[0] !== undefined && this.#idle[0].used < oldest) this.#idle.shift()?.stop();
    const index = this.#idle.findIndex((reader) => reader.next === next);
    return index < 0 ? undefined : this.#idle.splice(index, 1)[0];
  }

  async #open(next: number): Promise<NatsReader> {
    const { link, stream } = this.#options;
    const consumer = await addConsumer(link, stream, { next, inactiveMs: INACTIVE_MS });
    return new NatsReader({ ...this.#options, consumer, next });
  }
}
