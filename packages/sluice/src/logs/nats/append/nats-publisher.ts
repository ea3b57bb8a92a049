import type { LogEntry, NewEntry } from "../../log.ts";
import { entryText } from "../../shared/entry-text.ts";
import { newEpoch } from "../../shared/epoch.ts";
import type { Place } from "../channel-names.ts";
import { apiCode, isTimeout, type NatsLink, WRONG_LAST_SEQUENCE } from "../connection/nats-link.ts";

/** Times that an entry is sent at most: each costs a broken connection, or a stream that is not there. */
const MAX_ATTEMPTS = 8;
/** How soon an entry is sent again that NATS says it has and has not, in ms; twice as long after each time. */
const AGAIN_MS = 10;

/** What the publisher needs of the channel's log. */
export interface Publishing {
  readonly epoch: string;
  readonly last: number;
  /** Whether entries may be sent now: the log was looked at by this connection. */
  readonly isOpen: boolean;
  /** Why it could not be looked at. */
  readonly trouble: Error | undefined;
  /** Looks at the log again before anything else is sent; then {@link NatsPublisher.sendAll} is called. */
  distrust(): void;
  /** Entries of this process that NATS has now. */
  appended(entry: LogEntry): void;
  /** The offset of an entry that NATS had before. */
  acknowledged(offset: number): void;
}

/** An offset, and the life that it is of. */
export interface Acknowledged {
  readonly offset: number;
  readonly epoch: string;
}

interface Unsettled {
  readonly entry: NewEntry;
  readonly time: number;
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  readonly deadline: number;
  resolve(acknowledged: Acknowledged): void;
  reject(error: Error): void;
  /** Times sent; answers to earlier ones than the last count no more. */
  attempts: number;
  /** The log's last offset when it was sent: it can only come after it. */
  after: number;
}

/**
 * Publishes entries in the order of the calls, without waiting for one before the next. What was not answered when the connection broke is
 * sent again by the next one, in the same order, after the log was looked at. It is no second event then: NATS knows its message ID, or
 * finds the event that has its publisher's own ID. What has no answer in time rejects.
 */
export class NatsPublisher {
  readonly #link: NatsLink;
  readonly #place: Place;
  readonly #log: Publishing;
  readonly #timeout: number;
  /** In the order of the calls, and so of their deadlines. */
  readonly #unsettled = new Set<Unsettled>();
  readonly #name = newEpoch();
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(link: NatsLink, place: Place, log: Publishing, timeout: number) {
    this.#link = link;
    this.#place = place;
    this.#log = log;
    this.#timeout = timeout;
  }

  publish(given: NewEntry): Promise<Acknowledged> {
    // What is read back is compared with it, and UTF-8 has no bytes for a lone surrogate.
    const entry = given.data.isWellFormed() ? given : { ...given, data: given.data.toWellFormed() };
    return new Promise((resolve, reject) => {
      const time = Date.now();
      const item: Unsettled = {
        entry,
        time,
        subject: entry.id === undefined ? this.#place.subject : this.#place.subjectOf(entry.id),
        text: entryText(entry, time),
        messageId: `${this.#name}.${(this.#count++).toString(36)}`,
        deadline: performance.now() + this.#timeout,
        resolve,
        reject,
        attempts: 0,
        after: 0,
      };
      this.#unsettled.add(item);
      if (this.#timer === undefined) this.#expireIn(this.#timeout);
      this.#send(item);
    });
  }

  /** Sends all that has no answer yet. */
  sendAll(): void {
    for (const item of this.#unsettled) this.#send(item);
  }

  /** Rejects all that has no answer yet. */
  close(error: Error): void {
    clearTimeout(this.#timer);
    for (const item of this.#unsettled) item.reject(error);
    this.#unsettled.clear();
  }

  #send(item: Unsettled): void {
    if (!this.#log.isOpen) return this.#log.distrust();
    if (item.attempts === MAX_ATTEMPTS) {
      return this.#reject(item, new Error(`NATS did not acknowledge the event, which was sent ${MAX_ATTEMPTS} times.`));
    }
    item.attempts++;
    const isCurrent = this.#whileCurrent(item);
    item.after = this.#log.last;
    const options = { msgID: item.messageId, timeout: this.#timeout };
    this.#link.session.js
      .publish(
        item.subject,
        item.text,
        item.entry.id === undefined ? options : { ...options, expect: { lastSubjectSequence: 0 } },
      )
      .then(
        ({ seq, duplicate }) => {
          if (isCurrent()) this.#answered(item, seq, duplicate);
        },
        (error: unknown) => {
          if (isCurrent()) this.#refused(item, error as Error);
        },
      );
  }

  #answered(item: Unsettled, offset: number, isDuplicate: boolean): void {
    if (isDuplicate) return this.#confirm(item, offset);
    // Before what is known to be there comes nothing new: this is another log than the one that was looked at.
    if (offset <= item.after) return this.#log.distrust();
    const { type, data, json, topics, id, retry } = item.entry;
    this.#log.appended({ offset, time: item.time, type, data, json, topics, id, retry });
    this.#resolve(item, offset);
  }

  #refused(item: Unsettled, error: Error): void {
    if (apiCode(error) === WRONG_LAST_SEQUENCE) this.#find(item);
    // Nobody takes this subject: the stream is gone, or has no leader.
    else if (error.name === "JetStreamNotEnabled") this.#log.distrust();
    // What is late may still come after the next connection, until its own deadline.
    else if (!isTimeout(error)) this.#reject(item, error);
  }

  /** The log has an event with this ID: where? */
  #find(item: Unsettled): void {
    const isCurrent = this.#whileCurrent(item);
    this.#get({ last_by_subj: item.subject }).then(
      (message) => {
        if (!isCurrent()) return;
        // Trimmed meanwhile: now there is room for it.
        if (message === null) this.#send(item);
        else this.#isThere(item, message.seq);
      },
      (error: unknown) => {
        if (isCurrent()) this.#refused(item, error as Error);
      },
    );
  }

  /**
   * NATS says that it has the event at this offset. A cluster's servers also say so of one whose leader was lost before the others had it,
   * and then name an offset that another event takes, or 0: so it is read.
   */
  #confirm(item: Unsettled, offset: number): void {
    const isCurrent = this.#whileCurrent(item);
    const find = offset === 0 ? Promise.resolve(null) : this.#get({ seq: offset });
    find.then(
      (message) => {
        if (!isCurrent()) return;
        const isTrimmed = message === null && offset > 0 && offset <= this.#log.last;
        if (isTrimmed || message?.string() === item.text) this.#isThere(item, offset);
        else setTimeout(() => isCurrent() && this.#send(item), AGAIN_MS * 2 ** item.attempts);
      },
      (error: unknown) => {
        if (isCurrent()) this.#refused(item, error as Error);
      },
    );
  }

  #get(query: { seq: number } | { last_by_subj: string }) {
    return this.#link.session.jsm.streams.getMessage(this.#place.stream, query);
  }

  /** Says whether an item still has no answer, and was not sent again since. */
  #whileCurrent(item: Unsettled): () => boolean {
    const attempt = item.attempts;
    return () => item.attempts === attempt && this.#unsettled.has(item);
  }

  #isThere(item: Unsettled, offset: number): void {
    this.#log.acknowledged(offset);
    this.#resolve(item, offset);
  }

  #resolve(item: Unsettled, offset: number): void {
    this.#unsettled.delete(item);
    item.resolve({ offset, epoch: this.#log.epoch });
  }

  #reject(item: Unsettled, error: Error): void {
    this.#unsettled.delete(item);
    item.reject(error);
  }

  #expireIn(ms: number): void {
    this.#timer = setTimeout(() => this.#expire(), ms);
    // While something is under way the connection keeps the process alive, and otherwise nothing needs to.
    (this.#timer as { unref?(): void }).unref?.();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const item of this.#unsettled) {
      if (item.deadline > now) {
        return this.#expireIn(item.deadline - now);
      }
      const { trouble } = this.#log;
      const why = trouble === undefined ? "" : ` ${trouble.message}`;
      const message = `NATS did not acknowledge the event within ${this.#timeout} ms.${why}`;
      this.#reject(item, new Error(message, { cause: trouble }));
    }
  }
}
