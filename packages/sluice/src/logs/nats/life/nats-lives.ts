import type { Republish } from "@nats-io/jetstream";
import { deletedSlot } from "../../shared/life/deleted-epochs.ts";
import { currentLife, type Life, parseLife, type Seen } from "../../shared/life/life.ts";
import { type LivesNames, livesNames } from "../channel-names.ts";
import { apiCode, isNotTaken, STREAM_NOT_FOUND, WRONG_LAST_SEQUENCE } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { addStream, type StreamStorage } from "../stream/add-stream.ts";
import type { FoundStream } from "../stream/nats-stream.ts";
import { untilReady } from "../stream/until-ready.ts";

/** A token that no channel has. */
const NO_TOKEN = "_";

/** A channel's life as it is stored. */
export interface StoredLife {
  readonly life: Life | undefined;
  /** Number of the message that holds the life; 0 if there is none. The next write must name it. */
  readonly sequence: number;
  /** Epoch of the life that is being deleted. There is no life meanwhile. */
  readonly deleting?: string | undefined;
  /** The deletion that wrote the tombstone. */
  readonly by?: string | undefined;
  /** Part of the subjects of the stream that is being created for the first life. */
  readonly creating?: string | undefined;
}

/** The message in place of a channel's first life until its stream exists. */
interface FirstStream {
  readonly creating: string;
}

/** The message in place of a life that is being deleted. */
interface Tombstone {
  readonly deleting: string;
  readonly by: string;
}

/**
 * Returns the life that a stream is in. `stored` is the life last written for the channel. `isSame` is false if the
 * stream has another entry at the offset of the newest entry that this process knows. `seen` is what this process had
 * seen before the call.
 */
export function lifeOf(found: FoundStream, stored: StoredLife, isSame: boolean, seen: Seen | undefined): Life {
  const { life } = stored;
  // The stream was recreated, so it holds none of its former entries.
  if (life === undefined || !life.run.startsWith(found.created)) return currentLife(found, undefined);
  const isReplaced = !isSame && life.epoch === seen?.epoch;
  // Another process may be connected to the server of the stream itself, and name it.
  const log = found.isAlone ? found : { ...found, run: life.run };
  return currentLife(log, isReplaced ? undefined : life, seen);
}

/** The stream that keeps the newest life of every channel. Processes replace a life by compare-and-set. */
export class NatsLives {
  readonly #link: NatsLink;
  readonly #names: LivesNames;
  readonly #storage: StreamStorage;
  /** Identity of the connection over which the stream was last seen ready. */
  #readyBy: string | undefined;
  #hasReplicas = false;

  constructor(link: NatsLink, prefix: string, storage: StreamStorage) {
    this.#link = link;
    this.#names = livesNames(prefix);
    this.#storage = storage;
  }

  /** Reads the life of the channel with this token. Creates a missing stream. */
  async read(token: string): Promise<StoredLife> {
    const { identity } = this.#link;
    if (identity !== this.#readyBy) {
      await untilReady(this.#link, this.#names.subjectOf(NO_TOKEN), () => this.#create());
      this.#readyBy = identity;
    }
    const { streams } = this.#link.session.jsm;
    if (!this.#hasReplicas) {
      this.#hasReplicas = true;
      const info = await streams.info(this.#names.stream);
      this.#storage.replicas.check(info);
      await this.#storage.republishing.ensure(info, this.#republished);
    }
    try {
      const message = await streams.getMessage(this.#names.stream, { last_by_subj: this.#names.subjectOf(token) });
      if (message === null) return { life: undefined, sequence: 0 };
      const { deleting, by, creating } = JSON.parse(message.string()) as Partial<Tombstone & FirstStream>;
      const life = deleting === undefined && creating === undefined ? parseLife(message.string()) : undefined;
      return { life, sequence: message.seq, deleting, by, creating };
    } catch (error) {
      if (apiCode(error) !== STREAM_NOT_FOUND) throw error;
      this.#readyBy = undefined;
      return this.read(token);
    }
  }

  /**
   * Replaces the life that message number `after` holds (0: none yet). Resolves to false if another process was first,
   * or if the stream is missing or has no leader.
   */
  async write(token: string, life: Life | Tombstone | FirstStream, after: number): Promise<boolean> {
    const expect = { lastSubjectSequence: after };
    try {
      await this.#link.session.js.publish(this.#names.subjectOf(token), JSON.stringify(life), { expect });
      return true;
    } catch (error) {
      if (apiCode(error) === WRONG_LAST_SEQUENCE) return false;
      if (!isNotTaken(error)) throw error;
      this.#readyBy = undefined;
      return false;
    }
  }

  /** Removes the tombstone that message number `sequence` holds. Leaves a later life of the channel as it is. */
  async removeTombstone(token: string, sequence: number): Promise<void> {
    const { streams } = this.#link.session.jsm;
    await streams.purge(this.#names.stream, { filter: this.#names.subjectOf(token), seq: sequence + 1 });
  }

  /** Remembers that the life of an epoch was deleted. */
  async remember(epoch: string): Promise<void> {
    await this.#link.session.js.publish(this.#names.subjectOf(slotToken(epoch)), epoch);
  }

  /** Returns true if the life of an epoch was deleted, as far as NATS remembers. */
  async isDeleted(epoch: string): Promise<boolean> {
    const query = { last_by_subj: this.#names.subjectOf(slotToken(epoch)) };
    const message = await this.#link.session.jsm.streams.getMessage(this.#names.stream, query);
    return message?.string() === epoch;
  }

  #create(): Promise<void> {
    const { stream: name, subjects } = this.#names;
    const republish = this.#republished;
    return addStream(this.#link, this.#storage, { name, subjects: [subjects], max_msgs_per_subject: 1, republish });
  }

  /** A process that follows a channel receives its new life. */
  get #republished(): Republish {
    const { subjects: src, live: dest } = this.#names;
    return { src, dest };
  }
}

/** Returns the token of a deleted life's slot. No channel has it: in a token, hexadecimal digits or `h` follow `_`. */
function slotToken(epoch: string): string {
  return `_-${deletedSlot(epoch)}`;
}

/** Returns the epoch of a life, as it was written; `undefined` if it is being deleted. */
export function writtenEpoch(text: string): string | undefined {
  try {
    return (JSON.parse(text) as Partial<Life>).epoch;
  } catch {
    return undefined;
  }
}
