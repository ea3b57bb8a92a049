import { currentLife, type Life, parseLife, type Seen } from "../../shared/life.ts";
import { livesPlace } from "../channel-names.ts";
import {
  apiCode,
  type NatsLink,
  STREAM_NAME_IN_USE,
  STREAM_NOT_FOUND,
  WRONG_LAST_SEQUENCE,
} from "../connection/nats-link.ts";
import { untilReady } from "../stream/make-stream.ts";
import type { FoundStream, Keeping } from "../stream/nats-stream.ts";

/** Stands for no channel. */
const NO_TOKEN = "_";

/** A life as it was found: with the number of the message that it is in, which the one that follows it has to name. */
export interface KeptLife {
  readonly life: Life | undefined;
  readonly sequence: number;
}

/**
 * The life of a stream as it was found, beside what was kept of it and what this process had `seen` before. `isSame`: whether the newest entry
 * that this process knows is still that.
 */
export function lifeOf(found: FoundStream, { life }: KeptLife, isSame: boolean, seen: Seen | undefined): Life {
  const { created } = found;
  // Of a stream that was made anew no entry is what it was.
  if (life === undefined || !life.run.startsWith(created)) return currentLife(found, undefined);
  const isAnother = !isSame && life.epoch === seen?.epoch;
  return currentLife(found, isAnother ? undefined : life, seen);
}

/** Keeps the lives of all channels in a stream of their own: the newest of each, replaced by compare-and-set. */
export class NatsLives {
  readonly #link: NatsLink;
  readonly #place: ReturnType<typeof livesPlace>;
  readonly #keeping: Keeping;
  /** The connection by which the stream was seen to be ready. */
  #readyBy: string | undefined;

  constructor(link: NatsLink, prefix: string, keeping: Keeping) {
    this.#link = link;
    this.#place = livesPlace(prefix);
    this.#keeping = keeping;
  }

  async read(token: string): Promise<KeptLife> {
    const { identity } = this.#link;
    if (identity !== this.#readyBy) {
      await untilReady(this.#link, this.#place.subjectOf(NO_TOKEN), () => this.#create());
      this.#readyBy = identity;
    }
    const { streams } = this.#link.session.jsm;
    try {
      const message = await streams.getMessage(this.#place.stream, { last_by_subj: this.#place.subjectOf(token) });
      return message === null
        ? { life: undefined, sequence: 0 }
        : { life: parseLife(message.string()), sequence: message.seq };
    } catch (error) {
      if (apiCode(error) !== STREAM_NOT_FOUND) throw error;
      this.#readyBy = undefined;
      return this.read(token);
    }
  }

  /** Whether it was written: not when another process was first, or the stream is not there. */
  async write(token: string, life: Life, after: number): Promise<boolean> {
    const expect = { lastSubjectSequence: after };
    try {
      await this.#link.session.js.publish(this.#place.subjectOf(token), JSON.stringify(life), { expect });
      return true;
    } catch (error) {
      if (apiCode(error) === WRONG_LAST_SEQUENCE) return false;
      // Nobody takes it: the stream is gone, or has no leader.
      if ((error as Error).name !== "JetStreamNotEnabled") throw error;
      this.#readyBy = undefined;
      return false;
    }
  }

  async #create(): Promise<void> {
    const { stream: name, subjectOf } = this.#place;
    try {
      await this.#link.session.jsm.streams.add({
        ...this.#keeping,
        name,
        subjects: [subjectOf("*")],
        max_msgs_per_subject: 1,
        discard: "old",
      });
    } catch (error) {
      // Another process made it, with other options.
      if (apiCode(error) !== STREAM_NAME_IN_USE) throw error;
    }
  }
}
