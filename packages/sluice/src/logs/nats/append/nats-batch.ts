import type { NewEntry } from "../../log.ts";
import { entryText } from "../../shared/entry-text.ts";
import { type BatchPart, batchMessageId, partOf } from "../batch/batch-part.ts";
import { findOwnId, type OwnId } from "../batch/find-batch.ts";
import type { ChannelNames } from "../channel-names.ts";
import {
  apiCode,
  isMissingStream,
  isTimeout,
  WRONG_LAST_MESSAGE_ID,
  WRONG_LAST_SEQUENCE,
} from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { Destination, inDoubt } from "./destination.ts";
import type { Pending } from "./pending-entries.ts";
import type { PublisherLog } from "./publisher-log.ts";

/** Pause before a batch is sent again because another message came between, in ms. Doubles, with a random part. */
const FIRST_PAUSE_MS = 4;
const MAX_PAUSE_MS = 250;

/** The offsets of a batch, as `ChannelLog.append` resolves to them, in one life of the log. */
export interface BatchPosition {
  readonly epoch: string;
  readonly offsets: readonly number[];
}

/** Options of {@link NatsBatch}. */
export interface NatsBatchOptions {
  readonly link: NatsLink;
  readonly names: ChannelNames;
  readonly log: PublisherLog;
  /** Time for NATS to acknowledge a message, in ms. */
  readonly timeout: number;
  /** Time for which NATS recognises a message ID, in ms. */
  readonly recognisedMs: number;
  /** Returns a new name for an attempt: the ID that a message of its own would have. */
  readonly newName: () => string;
  /** Returns true if the batch has no result yet. */
  readonly isPending: (batch: NatsBatch) => boolean;
  /** Called if NATS answered, and the batch is about to be sent again. */
  readonly postponed: () => void;
  readonly resolve: (position: BatchPosition) => void;
  readonly reject: (error: Error) => void;
}

/** The messages of one attempt. */
interface Attempt {
  readonly name: string;
  readonly destination: Destination;
  /** For each entry: what the stream holds for its own ID; `undefined` if it has none. */
  readonly ownIds: readonly (OwnId | undefined)[];
  /** See {@link OwnId.lastSequence}. */
  readonly lastSequence: number | undefined;
  /** When it was first sent, on the clock of `performance.now()`. */
  readonly firstSentAt: number;
}

/**
 * Entries that are appended all or none: see {@link BatchPart}. All messages are sent at once. If a message of another
 * publisher comes between them, the server refuses the rest, and all are sent again under a new name. After a broken
 * connection they are sent again under the same name, and the server recognises the messages it has.
 */
export class NatsBatch implements Pending {
  readonly isBarrier = true;
  /** NATS may look up an own ID before it has stored the entries in flight. They may have the same ID. */
  readonly needsAnswers: boolean;
  readonly chars: number;
  deadline: number;
  order = 0;
  sentAt = 0;
  readonly #entries: readonly NewEntry[];
  readonly #texts: readonly string[];
  readonly #options: NatsBatchOptions;
  readonly #time: number = Date.now();
  #attempt: Attempt | undefined;
  /** Names of attempts that never become complete, because the server refused a message. */
  readonly #givenUp = new Set<string>();
  /** Times sent. Only the answers to the last time count. */
  #times = 0;

  constructor(entries: readonly NewEntry[], options: NatsBatchOptions) {
    this.#entries = entries;
    this.needsAnswers = entries.some(({ id }) => id !== undefined);
    this.#options = options;
    this.#texts = entries.map((entry) => entryText(entry, this.#time));
    this.chars = this.#texts.reduce((sum, { length }) => sum + length, 0);
    this.deadline = performance.now() + options.timeout;
  }

  /** Sends all messages. */
  send(): void {
    const { log } = this.#options;
    const time = ++this.#times;
    const isCurrent = () => time === this.#times && this.#options.isPending(this);
    this.sentAt = performance.now();
    if (!log.isChecked) return log.invalidate();
    this.#send(isCurrent).catch((error: unknown) => isCurrent() && this.#refused([error]));
  }

  reject(error: Error): void {
    this.#options.reject(error);
  }

  /** True if messages of other publishers came between the messages of an attempt. */
  get isOutpaced(): boolean {
    return this.#givenUp.size > 0;
  }

  /** `isCurrent` returns false once the batch has a result, or is sent again. */
  async #send(isCurrent: () => boolean): Promise<void> {
    const { log, timeout, recognisedMs } = this.#options;
    const after = log.last;
    if (this.#attempt?.destination.isCurrent(log) === false) {
      if (this.#attempt.destination.isInDoubt(log)) return this.reject(inDoubt());
      // The other stream does not know the messages.
      this.#attempt = undefined;
    }
    const attempt = this.#attempt ?? (await this.#prepare());
    // This process was stopped. NATS may have stored the batch so long ago that it would store it again.
    if (!isCurrent() || performance.now() - attempt.firstSentAt > recognisedMs - timeout) return;
    this.#attempt = attempt;
    const held = attempt.ownIds.map((ownId) => ownId?.offset ?? 0);
    if (held.some((offset) => offset > 0)) return this.#holds(held);
    attempt.destination.sent(log);
    const results = await Promise.allSettled(this.#entries.map((_, i) => this.#publish(attempt, i)));
    const last = results[results.length - 1]!;
    // The last message decides.
    if (last.status === "rejected" && !isTimeout(last.reason)) attempt.destination.refused();
    if (!isCurrent()) return;
    if (last.status === "rejected") {
      return this.#refused(results.flatMap((result) => (result.status === "rejected" ? [result.reason] : [])));
    }
    const { seq, duplicate } = last.value;
    const isStored = !duplicate || (await this.#isStored(attempt, seq));
    if (!isCurrent()) return;
    if (!isStored) return this.#sendAnew();
    // A new entry cannot get an offset that was already in use. Another stream has replaced the checked stream.
    if (!duplicate && seq <= after) return log.invalidate();
    this.#appended(seq, duplicate);
  }

  async #prepare(): Promise<Attempt> {
    const { link, names, log, newName } = this.#options;
    const destination = new Destination(log);
    const isGivenUp = (batch: string) => this.#givenUp.has(batch);
    const find = ({ id }: NewEntry) =>
      id === undefined ? undefined : findOwnId(link, names.stream, destination.subjects.ofId(id), isGivenUp);
    const ownIds = await Promise.all(this.#entries.map(find));
    const lasts = ownIds.flatMap((ownId) => ownId?.lastSequence ?? []);
    const lastSequence = lasts.length === 0 ? undefined : Math.min(...lasts);
    return { name: newName(), destination, ownIds, lastSequence, firstSentAt: performance.now() };
  }

  #publish({ name, destination: { subjects }, ownIds, lastSequence }: Attempt, i: number) {
    const { link, timeout } = this.#options;
    const { id } = this.#entries[i]!;
    const part: BatchPart = { batch: name, index: i + 1, size: this.#entries.length };
    const ownId = ownIds[i];
    const expect = {
      ...(i > 0 && { lastMsgID: batchMessageId({ ...part, index: i }) }),
      ...(i === 0 && lastSequence !== undefined && { lastSequence }),
      ...(ownId && { lastSubjectSequence: ownId.lastSubjectSequence }),
    };
    const subject = id === undefined ? subjects.event : subjects.ofId(id);
    // The client must not drop a late answer: the publisher rejects in time.
    return link.session.js.publish(subject, this.#texts[i]!, {
      msgID: batchMessageId(part),
      timeout: timeout * 2,
      expect,
    });
  }

  /** Decides what to do about the errors of an attempt whose last message was not stored. */
  #refused(errors: readonly unknown[]): void {
    if (errors.some(isMissingStream)) return this.#options.log.invalidate();
    const isRefused = (error: unknown) =>
      apiCode(error) === WRONG_LAST_MESSAGE_ID || apiCode(error) === WRONG_LAST_SEQUENCE;
    const other = errors.find((error) => !isRefused(error) && !isTimeout(error));
    if (other !== undefined) return this.reject(this.#options.link.explain(other as Error));
    // After a timeout the batch stays pending: it is sent again until its deadline.
    if (errors.some(isRefused)) this.#sendAnew();
  }

  /** Sends all messages again under a new name, after a pause. */
  #sendAnew(): void {
    if (this.#attempt !== undefined) this.#givenUp.add(this.#attempt.name);
    this.#attempt = undefined;
    this.#options.postponed();
    const time = this.#times;
    const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#givenUp.size) * (0.5 + Math.random());
    setTimeout(() => time === this.#times && this.#options.isPending(this) && this.send(), pause);
  }

  /**
   * Returns true if the stream has the last message of an attempt, or had it before a trim. A cluster that lost its
   * leader may call a message a duplicate that it does not hold.
   */
  async #isStored({ name }: Attempt, offset: number): Promise<boolean> {
    const { link, names, log } = this.#options;
    const message = offset === 0 ? null : await link.session.jsm.streams.getMessage(names.stream, { seq: offset });
    if (message === null) return offset > 0 && offset <= log.last;
    const part = partOf({ headers: message.header });
    return part?.batch === name && part.index === part.size;
  }

  #holds(offsets: readonly number[]): void {
    const { log, resolve } = this.#options;
    for (const offset of offsets) if (offset > 0) log.acknowledged(offset);
    resolve({ epoch: log.epoch, offsets });
  }

  #appended(last: number, isDuplicate: boolean): void {
    const { log, resolve } = this.#options;
    const first = last - this.#entries.length + 1;
    const entries = this.#entries.map(({ type, data, json, topics, id, retry }, i) => {
      const more = last - first - i || undefined;
      return { offset: first + i, time: this.#time, type, data, json, topics, id, retry, more };
    });
    if (isDuplicate) log.acknowledged(last);
    else log.appended(entries);
    resolve({ epoch: log.epoch, offsets: entries.map(({ offset }) => offset) });
  }
}
