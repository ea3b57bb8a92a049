import { findOwnId } from "../batch/find-batch.ts";
import type { ChannelNames } from "../channel-names.ts";
import { apiCode, isMissingStream, isTimeout, WRONG_LAST_SEQUENCE } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { messageIdOf } from "../message-id.ts";
import { Destination, inDoubt } from "./destination.ts";
import type { PendingEntry } from "./pending-entries.ts";
import type { PublisherLog } from "./publisher-log.ts";

/** Times that an entry is sent at most. Each further attempt follows a broken connection or a missing stream. */
const MAX_ATTEMPTS = 8;
/**
 * Pause before an entry is resent that NATS calls a duplicate but does not hold, in ms. It doubles with each attempt.
 */
const RESEND_PAUSE_MS = 10;

/** Timeouts after which the client stops to wait for an answer. */
const CLIENT_TIMEOUTS = 2;

/** Options of {@link EntrySender}. */
export interface EntrySenderOptions {
  readonly link: NatsLink;
  readonly names: ChannelNames;
  readonly log: PublisherLog;
  /** Time for NATS to acknowledge an entry, over all attempts, in ms. */
  readonly timeout: number;
  /** Time for which NATS recognises a message ID, in ms. */
  readonly recognisedMs: number;
  /** Identifies the publisher in message IDs. */
  readonly publisher: string;
  /** Returns true if the entry has no result yet. */
  readonly isPending: (entry: PendingEntry) => boolean;
  /** Called before the entry has a result. */
  readonly settled: (entry: PendingEntry) => void;
}

/** Sends single entries, and finds out from NATS's answers whether NATS holds each of them. */
export class EntrySender {
  readonly #options: EntrySenderOptions;

  constructor(options: EntrySenderOptions) {
    this.#options = options;
  }

  /** Sends an entry, for the first time or again. Resolves or rejects it when NATS has answered. */
  send(pending: PendingEntry): void {
    const { link, log, timeout, recognisedMs, publisher } = this.#options;
    if (!log.isChecked) return log.invalidate();
    if (pending.attempts === MAX_ATTEMPTS) {
      const message = `NATS did not acknowledge the event, which was sent ${MAX_ATTEMPTS} times.`;
      return this.#reject(pending, new Error(message));
    }
    if (pending.destination?.isInDoubt(log) && !pending.destination.isCurrent(log)) {
      return this.#reject(pending, inDoubt());
    }
    const destination = this.#destinationOf(pending);
    const { id } = pending.entry;
    // This process was stopped. NATS may have stored the entry so long ago that it would store it again.
    if (id === undefined && performance.now() - pending.firstSentAt > recognisedMs - timeout) return;
    pending.attempts++;
    destination.sent(log);
    const isCurrent = this.#whileCurrent(pending);
    pending.after = log.last;
    // The subject of a publisher's own ID recognises a repetition. Other entries need the same message ID again.
    if (id !== undefined) pending.epoch = log.epoch;
    // The client must not drop a late answer: this class rejects in time.
    const options = {
      msgID: messageIdOf(pending.epoch, publisher, pending.number),
      timeout: timeout * CLIENT_TIMEOUTS,
    };
    link.session.js
      .publish(
        id === undefined ? destination.subjects.event : destination.subjects.ofId(id),
        pending.text,
        pending.expect === undefined ? options : { ...options, expect: pending.expect },
      )
      .then(
        ({ seq, duplicate }) => {
          if (isCurrent()) this.#answered(pending, seq, duplicate);
        },
        (error: unknown) => {
          if (apiCode(error) !== undefined || isMissingStream(error)) destination.refused();
          if (isCurrent()) this.#refused(pending, error as Error);
        },
      );
  }

  /** Returns the current stream as the destination of an entry. Earlier attempts count only in the same stream. */
  #destinationOf(pending: PendingEntry): Destination {
    const { log } = this.#options;
    if (!pending.destination?.isCurrent(log)) {
      pending.destination = new Destination(log);
      pending.epoch = log.epoch;
      pending.expect = pending.entry.id === undefined ? undefined : { lastSubjectSequence: 0 };
      pending.firstSentAt = performance.now();
    }
    return pending.destination;
  }

  #answered(pending: PendingEntry, offset: number, isDuplicate: boolean): void {
    if (isDuplicate) return this.#confirm(pending, offset);
    const { log } = this.#options;
    // A new entry cannot get an offset that was already in use. Another stream has replaced the stream that was
    // checked.
    if (offset <= pending.after) return log.invalidate();
    const { type, data, json, topics, id, retry } = pending.entry;
    log.appended([{ offset, time: pending.time, type, data, json, topics, id, retry }]);
    this.#resolve(pending, offset);
  }

  #refused(pending: PendingEntry, error: Error): void {
    if (apiCode(error) === WRONG_LAST_SEQUENCE) this.#find(pending);
    else if (isMissingStream(error)) this.#options.log.invalidate();
    // After a timeout the entry stays pending: the next connection may resend it until its own deadline.
    else if (!isTimeout(error)) this.#reject(pending, this.#options.link.explain(error));
  }

  /** Finds the event that already has this publisher's own ID. */
  #find(pending: PendingEntry): void {
    const isCurrent = this.#whileCurrent(pending);
    const { link, names } = this.#options;
    const { destination, entry } = pending;
    findOwnId(link, names.stream, (destination as Destination).subjects.ofId(entry.id as string)).then(
      ({ offset, ...expect }) => {
        if (!isCurrent()) return;
        if (offset > 0) return this.#acknowledged(pending, offset);
        // The event was trimmed meanwhile, or it was part of a batch that never became complete: the ID is free.
        pending.expect = expect;
        this.send(pending);
      },
      (error: unknown) => {
        if (isCurrent()) this.#refused(pending, error as Error);
      },
    );
  }

  /**
   * Reads the message that NATS calls a duplicate of this entry. If a cluster lost its leader before the other servers
   * had the entry, they still call it a duplicate. The offset that they name then belongs to another event, or is 0.
   */
  #confirm(pending: PendingEntry, offset: number): void {
    const isCurrent = this.#whileCurrent(pending);
    const { link, names } = this.#options;
    const { streams } = link.session.jsm;
    const find = offset === 0 ? Promise.resolve(null) : streams.getMessage(names.stream, { seq: offset });
    find.then(
      (message) => {
        if (!isCurrent()) return;
        const isTrimmed = message === null && offset > 0 && offset <= this.#options.log.last;
        if (isTrimmed || message?.string() === pending.text) this.#acknowledged(pending, offset);
        else setTimeout(() => isCurrent() && this.send(pending), RESEND_PAUSE_MS * 2 ** pending.attempts);
      },
      (error: unknown) => {
        if (isCurrent()) this.#refused(pending, error as Error);
      },
    );
  }

  /**
   * Returns a function that returns true while the entry is pending and was not sent again, and the log is in the
   * stream to which it was sent.
   */
  #whileCurrent(pending: PendingEntry): () => boolean {
    const { log } = this.#options;
    const { attempts, destination } = pending;
    return () =>
      pending.attempts === attempts && this.#options.isPending(pending) && destination?.isCurrent(log) === true;
  }

  #acknowledged(pending: PendingEntry, offset: number): void {
    this.#options.log.acknowledged(offset);
    this.#resolve(pending, offset);
  }

  #resolve(pending: PendingEntry, offset: number): void {
    this.#options.settled(pending);
    pending.resolve({ epoch: this.#options.log.epoch, offset });
  }

  #reject(pending: PendingEntry, error: Error): void {
    this.#options.settled(pending);
    pending.reject(error);
  }
}
