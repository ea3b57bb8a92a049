import { entryBytes, type LogEntry } from "../../log.ts";
import { nanos } from "../channel-names.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { NatsReader } from "./nats-reader.ts";

/** Readers that wait for whoever reads on where they stand. */
const MAX_READERS = 8;
/** A reader that nobody used for so long, in ms, is not used again: the server forgets its consumer some time after that. */
const IDLE_MS = 10_000;
const INACTIVE_MS = 30_000;

/**
 * Reads a stream page by page. Each reader is a pull consumer that stands somewhere in the stream; whoever reads on from there uses it
 * again, so that a long replay costs one request per page.
 */
export class NatsReaders {
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #inbox: () => string;
  readonly #timeout: number;
  /** Those that nobody uses now, the one used last at the end. */
  readonly #idle: NatsReader[] = [];

  constructor(link: NatsLink, stream: string, inbox: () => string, timeout: number) {
    this.#link = link;
    this.#stream = stream;
    this.#inbox = inbox;
    this.#timeout = timeout;
  }

  /** Entries after `after` up to `last`, as `ChannelLog.read` gives them; none where the first of them is not there. */
  async read(after: number, last: number, events: number, bytes: number): Promise<readonly LogEntry[]> {
    const reader = this.#take(after + 1) ?? (await this.#open(after + 1));
    const found: LogEntry[] = [];
    try {
      let size = 0;
      while (found.length < events && size < bytes && after + found.length < last) {
        const entry = reader.take() ?? (await reader.pull(last, bytes));
        if (entry === undefined) break;
        if (entry.offset !== after + 1 + found.length) {
          // Those between were trimmed. What comes now is for whoever asks for it.
          reader.giveBack();
          break;
        }
        found.push(entry);
        size += entryBytes(entry);
      }
    } catch (error) {
      reader.stop();
      throw error;
    }
    if (found.length === 0 && reader.next === after + 1) {
      // What is there has not come to this server of the cluster; the next reader may be on another.
      reader.stop();
      return found;
    }
    reader.used = performance.now();
    this.#idle.push(reader);
    if (this.#idle.length > MAX_READERS) this.#idle.shift()?.stop();
    return found;
  }

  /** Forgets all readers: there is another connection, or another stream. */
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
    const { name } = await this.#link.session.jsm.consumers.add(this.#stream, {
      deliver_policy: "by_start_sequence",
      opt_start_seq: next,
      ack_policy: "none",
      replay_policy: "instant",
      max_deliver: 1,
      inactive_threshold: nanos(INACTIVE_MS),
      num_replicas: 1,
      mem_storage: true,
    });
    return new NatsReader(this.#link, this.#stream, name, this.#inbox(), next, this.#timeout);
  }
}
