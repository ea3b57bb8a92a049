import type { StreamInfo } from "@nats-io/jetstream";
import type { Retention } from "../../log.ts";
import { duplicateWindow, type Place, streamLimits } from "../channel-names.ts";
import { apiCode, type NatsLink, STREAM_NAME_IN_USE, STREAM_NOT_FOUND } from "../connection/nats-link.ts";
import { untilReady } from "./make-stream.ts";

/** How streams are kept; counts when they are made. */
export interface Keeping {
  readonly storage: "file" | "memory";
  readonly num_replicas: number;
}

/** What was found in a stream. */
export interface FoundStream {
  /** Names one run in which nothing that was acknowledged is lost; begins with `created`. */
  readonly run: string;
  /** Names this stream among those that had its name, before and after it. */
  readonly created: string;
  readonly first: number;
  readonly last: number;
}

/** How long NATS knows an event again by its message ID, in timeouts: nothing is sent again after one. */
const TIMEOUTS_KNOWN_AGAIN = 4;
const MIN_KNOWN_AGAIN_MS = 10_000;

/** The stream of one channel. */
export class NatsStream {
  readonly #link: NatsLink;
  readonly #place: Place;
  readonly #keeping: Keeping;
  readonly #retain: Retention;
  readonly #timeout: number;
  #hasLimits = false;
  /** When the stream was made that was seen to be ready. */
  #readyAs: string | undefined;

  constructor(link: NatsLink, place: Place, keeping: Keeping, retain: Retention, timeout: number) {
    this.#link = link;
    this.#place = place;
    this.#keeping = keeping;
    this.#retain = retain;
    this.#timeout = timeout;
  }

  /** Finds it, or makes it where there is none. The first time it is given the limits of this retention. */
  async find(): Promise<FoundStream> {
    let info = await this.#info();
    if (!this.#hasLimits) {
      info = await this.#limit(info);
      this.#hasLimits = true;
    }
    const { created, config, state } = info;
    const last = state.last_seq;
    // One server alone may lose what it had not yet written to its disk; several that agree do not.
    const run = config.num_replicas > 1 ? created : `${created} ${this.#link.serverId}`;
    return { run, created, first: state.messages === 0 ? last + 1 : state.first_seq, last };
  }

  async #info(): Promise<StreamInfo> {
    const { streams } = this.#link.session.jsm;
    const { stream, subject } = this.#place;
    for (;;) {
      try {
        const info = await streams.info(stream);
        if (info.created !== this.#readyAs && info.state.last_seq === 0) {
          await untilReady(this.#link, subject);
        }
        this.#readyAs = info.created;
        return info;
      } catch (error) {
        if (apiCode(error) !== STREAM_NOT_FOUND) throw error;
      }
      await this.#create();
    }
  }

  async #create(): Promise<void> {
    const { streams } = this.#link.session.jsm;
    const limits = streamLimits(this.#retain);
    const known = Math.max(MIN_KNOWN_AGAIN_MS, TIMEOUTS_KNOWN_AGAIN * this.#timeout);
    try {
      await streams.add({
        ...this.#keeping,
        ...limits,
        name: this.#place.stream,
        subjects: [this.#place.subjects],
        discard: "old",
        duplicate_window: duplicateWindow(known, limits.max_age),
        // Offsets have no holes.
        deny_delete: true,
      });
    } catch (error) {
      // Another process made it, with other limits.
      if (apiCode(error) !== STREAM_NAME_IN_USE) throw error;
    }
  }

  async #limit(info: StreamInfo): Promise<StreamInfo> {
    const limits = streamLimits(this.#retain);
    const { config } = info;
    const { max_msgs, max_bytes, max_age } = limits;
    if (config.max_msgs === max_msgs && config.max_bytes === max_bytes && config.max_age === max_age) return info;
    const duplicate_window = duplicateWindow(config.duplicate_window / 1_000_000, max_age);
    return this.#link.session.jsm.streams.update(this.#place.stream, { ...limits, duplicate_window });
  }
}
