import type { Republish, StreamInfo } from "@nats-io/jetstream";
import type { Retention } from "../../log.ts";
import type { FoundLog } from "../../shared/life/life.ts";
import type { ChannelNames, StreamSubjects } from "../channel-names.ts";
import { apiCode, STREAM_NOT_FOUND } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { millis } from "../nanos.ts";
import { addStream, type StreamStorage } from "./add-stream.ts";
import { refusedStream } from "./refused-stream.ts";
import { duplicateWindow, streamLimits } from "./stream-limits.ts";
import { untilReady } from "./until-ready.ts";

/** A stream's log as it was found. Its `run` begins with `created`. */
export interface FoundStream extends FoundLog {
  /** Identifies this stream among earlier and later streams of the same name. */
  readonly created: string;
  /** True if `run` names the server too: the stream can only be on the server that answers. */
  readonly isAlone: boolean;
  readonly subjects: StreamSubjects;
  /** True if the server republishes each message to {@link StreamSubjects.live}. */
  readonly isRepublished: boolean;
  /** Bytes of the stream, as NATS counts them. */
  readonly bytes: number;
}

/**
 * How long NATS recognises an event by its message ID, in timeouts. The publisher stops resending after one timeout.
 */
const DUPLICATE_WINDOW_TIMEOUTS = 4;
const MIN_DUPLICATE_WINDOW_MS = 10_000;

/** Returns how long NATS recognises an event by its message ID, in ms. `timeout` is the log's, in ms. */
export function recognitionMs(timeout: number): number {
  return Math.max(MIN_DUPLICATE_WINDOW_MS, DUPLICATE_WINDOW_TIMEOUTS * timeout);
}

/** Options of {@link NatsStream}. */
export interface NatsStreamOptions {
  readonly link: NatsLink;
  readonly names: ChannelNames;
  readonly storage: StreamStorage;
  readonly retain: Retention;
  /** The log's timeout, in ms. */
  readonly timeout: number;
}

/** The JetStream stream of one channel: finds or creates it, and sets its limits. */
export class NatsStream {
  readonly #options: NatsStreamOptions;
  #hasLimits = false;
  /** Creation time of the stream that was last seen ready. */
  #readyAs: string | undefined;
  /** The stream that the server does not republish, and the connection over which it refused. */
  #unpublished: string | undefined;

  constructor(options: NatsStreamOptions) {
    this.#options = options;
  }

  /**
   * Returns the stream's state; `undefined` if it is missing. The first call applies this process's retention to the
   * stream.
   */
  async find(): Promise<FoundStream | undefined> {
    let info = await this.#info();
    if (info === undefined) return undefined;
    if (!this.#hasLimits) {
      const { replicas } = this.#options.storage;
      info = await this.#limit(info);
      replicas.check(info);
      this.#hasLimits = true;
    }
    const { created, cluster, config, state } = info;
    const subjects = this.#options.names.subjectsIn(config.subjects);
    const isRepublished = await this.#republish(info, subjects);
    const last = state.last_seq;
    // A server that restarts may have lost messages that it had not yet written to its disk. If it is alone, it names
    // itself here. Otherwise any server may answer, also for a stream on another one, and only the contents of the
    // stream show a loss: see docs/decisions/046-a-life-belongs-to-the-stream.md.
    const { soleServerId } = this.#options.link;
    const isAlone = !cluster?.name && soleServerId !== undefined;
    const run = isAlone ? `${created} ${soleServerId}` : created;
    const first = state.messages === 0 ? last + 1 : state.first_seq;
    return { run, created, isAlone, subjects, isRepublished, bytes: state.bytes, first, last };
  }

  async #info(): Promise<StreamInfo | undefined> {
    const { link, names } = this.#options;
    try {
      const info = await link.session.jsm.streams.info(names.stream);
      if (info.created !== this.#readyAs && info.state.last_seq === 0) {
        await untilReady(link, names.subjectsIn(info.config.subjects).event);
      }
      this.#readyAs = info.created;
      return info;
    } catch (error) {
      if (apiCode(error) !== STREAM_NOT_FOUND) throw error;
      return undefined;
    }
  }

  /**
   * Creates the stream. All processes must give the same `part` of its subjects: a starting cluster may carry out the
   * requests of several, so that the last one decides.
   */
  async create(part: string): Promise<void> {
    const { link, names, storage, retain, timeout } = this.#options;
    const limits = streamLimits(retain);
    const subjects = names.subjectsWith(part);
    await addStream(link, storage, {
      ...limits,
      name: names.stream,
      subjects: [subjects.all],
      republish: republished(subjects),
      duplicate_window: duplicateWindow(recognitionMs(timeout), limits.max_age),
      // Offsets must have no holes.
      deny_delete: true,
    });
  }

  async #republish(info: StreamInfo, subjects: StreamSubjects): Promise<boolean> {
    const { link, storage } = this.#options;
    const stream = `${info.created} ${link.identity}`;
    if (this.#unpublished === stream) return false;
    const isRepublished = await storage.republishing.ensure(info, republished(subjects));
    if (!isRepublished) this.#unpublished = stream;
    return isRepublished;
  }

  async #limit(info: StreamInfo): Promise<StreamInfo> {
    const { link, names, retain } = this.#options;
    const limits = streamLimits(retain);
    const { config } = info;
    const { max_msgs, max_bytes, max_age } = limits;
    if (config.max_msgs === max_msgs && config.max_bytes === max_bytes && config.max_age === max_age) return info;
    const duplicate_window = duplicateWindow(millis(config.duplicate_window), max_age);
    return link.session.jsm.streams.update(names.stream, { ...limits, duplicate_window }).catch((error: unknown) => {
      throw refusedStream(error, { name: names.stream, max_bytes });
    });
  }
}

function republished({ all: src, live: dest }: StreamSubjects): Republish {
  return { src, dest };
}
