import type { LogEntry } from "../../log.ts";
import { closedError } from "../../shared/closed-error.ts";
import { continues, type Life } from "../../shared/life.ts";
import { LogView } from "../../shared/log-view.ts";
import type { ReadBudget } from "../../shared/read-budget.ts";
import { type Defined, retryIdempotent } from "../../shared/retry-idempotent.ts";
import { AcknowledgedEntries } from "../append/acknowledged-entries.ts";
import type { PublisherLog } from "../append/publisher-log.ts";
import { partOf } from "../batch/batch-part.ts";
import type { ChannelNames, StreamSubjects } from "../channel-names.ts";
import { apiCode, BrokenLink, isTimeout, ReplacedStream, STREAM_NOT_FOUND } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { timeoutError } from "../connection/timeout-error.ts";
import { entryOf } from "../read/message.ts";
import type { FoundStream, NatsStream } from "../stream/nats-stream.ts";
import { beginLife, createStream } from "./begin-life.ts";
import { CoalescedCheck } from "./coalesced-check.ts";
import { ChannelDeletion, type OthersDeletions } from "./delete-channel.ts";
import { KnownEntry } from "./known-entry.ts";
import { lifeOf, type NatsLives } from "./nats-lives.ts";

/** Pause before work is retried, in ms: doubled from the first to the longest. */
const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 320;
/** Checks after a deletion: a check that is running may have begun before. */
const MAX_CHECKS = 3;

/** Parts that {@link NatsChannelLife} works with. */
export interface NatsLifeParts {
  readonly link: NatsLink;
  readonly lives: NatsLives;
  readonly deletions: OthersDeletions;
  readonly stream: NatsStream;
  readonly names: ChannelNames;
  /** Limits the bytes that the reads of all channels have in flight, and that the channels hold back. */
  readonly budget: ReadBudget;
  /** The log's timeout, in ms. */
  readonly timeout: number;
}

/** Callbacks of {@link NatsChannelLife}. */
export interface NatsLifeListener {
  /** The connection or the life changes. State that belongs to the previous one is useless. */
  abandon(): void;
  /**
   * A check succeeded, and found the stream. `isNew` is true for the first check over this connection or in this life.
   */
  checked(isNew: boolean, found: FoundStream): void;
  /** The view of the log received entries. */
  received(entries: readonly LogEntry[]): void;
  /** Returns true if the tail has missed nothing since the last check. Called once in each check. */
  look(): boolean;
  /** A check in the background failed. */
  failed(error: unknown): void;
}

/**
 * The life of a channel's log, as this process knows it. The log is *checked* over a connection once the stream and its
 * life were read over that connection. If the server is in another run than the life, the check begins a new life.
 * Nothing is sent before a check.
 */
export class NatsChannelLife implements PublisherLog {
  isClosed = false;
  readonly #parts: NatsLifeParts;
  readonly #listener: NatsLifeListener;
  /** Resolves to the offset of the newest entry. */
  readonly #check: CoalescedCheck;
  #view: LogView | undefined;
  #subjects: StreamSubjects | undefined;
  /** Identity of the connection over which the log was last checked. */
  #checkedBy: string | undefined;
  /** The newest entry that this process received in the current epoch. */
  #newest: KnownEntry | undefined;
  /** The newest entry when the log was last checked. */
  #witness: KnownEntry | undefined;
  /** Entries of this process that the tail has yet to deliver. */
  readonly #pending: AcknowledgedEntries;
  /** True if the log was closed because the channel was deleted, and nothing in this process needs it. */
  #isGone = false;
  /** True if NATS delivered other entries in this epoch than it had acknowledged. */
  #isContradicted = false;
  /** Unknown epochs of entries. A check found that the log is still in the life that this process knows. */
  readonly #strangers = new Set<string>();

  constructor(parts: NatsLifeParts, listener: NatsLifeListener) {
    this.#parts = parts;
    this.#pending = new AcknowledgedEntries(parts.budget.held);
    this.#listener = listener;
    this.#check = new CoalescedCheck(
      parts.link,
      () => this.#checkOnce(),
      (error) => this.isClosed || listener.failed(error),
    );
  }

  /** The view of the log. Throws before the first check. */
  get view(): LogView {
    if (this.#view === undefined) throw new Error("The log is not open yet.");
    return this.#view;
  }

  get epoch(): string {
    return this.view.epoch;
  }

  get last(): number {
    return this.view.last;
  }

  /** The subjects of the stream of this life. */
  get subjects(): StreamSubjects {
    if (this.#subjects === undefined) throw new Error("The log is not open yet.");
    return this.#subjects;
  }

  /** True if the log was checked over the current connection. */
  get isChecked(): boolean {
    return this.#checkedBy !== undefined && this.#checkedBy === this.#parts.link.identity;
  }

  get failure(): Error | undefined {
    return this.#check.failure;
  }

  /** Checks the log. Resolves to the offset of its newest entry. The first check opens the log. */
  check(): Promise<number> {
    return this.#check.run();
  }

  /** Starts a check unless one is running. Resolves when the check has ended. */
  checkInBackground(): Promise<void> {
    return this.#check.runInBackground();
  }

  /** Starts a check, after a running one. */
  checkAfresh(): void {
    void this.#check.runAfresh();
  }

  invalidate(): void {
    this.#checkedBy = undefined;
    void this.#check.runInBackground();
  }

  /**
   * Runs idempotent `work` and retries it until the timeout if the connection or the epoch changed while it ran, or if
   * it returned `undefined`. Rejects at the timeout, with a message that says that NATS did not `task`.
   */
  use<T extends Defined>(task: string, work: () => Promise<T | undefined>): Promise<T> {
    const { link, timeout } = this.#parts;
    const options = {
      timeout,
      timeoutError: () => timeoutError(link, timeout, task),
      pause: (attempts: number) => Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1)),
    };
    return retryIdempotent(options, async () => {
      this.throwIfClosed();
      if (!this.isChecked) await this.check();
      const { epoch } = this;
      const { identity } = link;
      try {
        const result = await link.whileUp(work());
        return this.epoch === epoch && link.identity === identity ? result : undefined;
      } catch (error) {
        if (apiCode(error) === STREAM_NOT_FOUND || error instanceof ReplacedStream) this.#checkedBy = undefined;
        else if (!(error instanceof BrokenLink) && !isTimeout(error)) throw error;
        return undefined;
      }
    });
  }

  /**
   * Deletes the channel, and leaves its life. Resolves also if nothing in this process needs the channel: the log is
   * closed.
   */
  async delete(): Promise<void> {
    const { epoch } = this;
    const deletion = new ChannelDeletion(this.#parts, this.#parts.timeout);
    try {
      await this.use("delete the channel", () => deletion.run());
      // Meanwhile this process may have entered the life that it deleted.
      const isInDeleted = () => this.epoch === epoch || this.epoch === deletion.deleted;
      if (isInDeleted()) this.view.markDeleted();
      for (let checks = 0; checks < MAX_CHECKS && isInDeleted(); checks++) await this.check();
    } catch (error) {
      if (!this.#isGone) throw error;
    }
  }

  /**
   * Receives entries of this life, in order, from the tail or from an append. `isBehind`: see
   * {@link TailListener.appended}.
   */
  receive(entries: readonly LogEntry[], isBehind = false): void {
    const isContradicted = this.#pending.differFrom(entries);
    this.#pending.forgetThrough(entries.at(-1)?.offset ?? 0);
    if (isContradicted) {
      this.#isContradicted = true;
      this.invalidate();
      return;
    }
    this.view.receive(entries, isBehind);
    // The message at a void offset is not empty.
    const newest = entries.findLast(({ isVoid }) => !isVoid);
    if (newest !== undefined) this.#newest = new KnownEntry(newest, isBehind);
    this.#listener.received(entries);
  }

  /**
   * Returns true if an entry that was sent in this epoch may be delivered. If the epoch is unknown, another process may
   * have begun a new life: then returns false, and checks the log. The tail delivers the entry again after the check.
   */
  knows(epoch: string | undefined): boolean {
    const { view } = this;
    if (epoch === undefined || view.knows(epoch) || this.#strangers.has(epoch)) return true;
    this.#strangers.add(epoch);
    this.invalidate();
    return false;
  }

  appended(entries: readonly LogEntry[]): void {
    if (entries[0]!.offset === this.last + 1) return this.receive(entries);
    this.view.appended(entries);
    for (const entry of entries) if (entry.offset > this.last) this.#pending.add(entry);
  }

  wasDeleted(epoch: string): boolean {
    return this.view.wasDeleted(epoch);
  }

  /** Resolves if the log still is in the stream that this process knows. Else rejects with {@link ReplacedStream}. */
  async confirmStream(): Promise<void> {
    const { all } = this.subjects;
    const found = await this.#parts.stream.find();
    if (found?.subjects.all !== all) throw new ReplacedStream("The stream was replaced.");
  }

  acknowledged(offset: number): void {
    this.view.acknowledged(offset);
  }

  throwIfClosed(): void {
    if (this.isClosed) throw closedError();
  }

  close(): void {
    this.isClosed = true;
    this.#pending.clear();
  }

  async #checkOnce(): Promise<number> {
    const { link, lives, stream, names } = this.#parts;
    const { identity } = link;
    for (;;) {
      const seen = this.#view?.seen;
      const [found, stored] = await Promise.all([stream.find(), lives.read(names.token)]);
      if (stored.deleting !== undefined) {
        await this.#parts.deletions.wait(this.#parts, stored, this.#parts.timeout);
        this.throwIfClosed();
        continue;
      }
      if (this.#view !== undefined && (found === undefined || stored.life === undefined))
        await this.#leaveMissing(this.#view);
      if (found === undefined) {
        await createStream(this.#parts, stored);
        continue;
      }
      const isUnbroken = this.#listener.look() && identity === this.#checkedBy;
      const isSame = await this.#isSame(found, isUnbroken);
      const life = lifeOf(found, stored, isSame, seen);
      if (this.#view !== undefined && !continues(life, this.#view.epoch)) await this.#markIfDeleted(this.#view);
      const end = life.epoch === this.#view?.epoch ? found.last : await this.#endOf(found);
      if (identity === undefined || identity !== link.identity) throw new BrokenLink();
      const isAgreed = life === stored.life || (await beginLife(this.#parts, life, found, stored));
      this.throwIfClosed();
      if (identity !== link.identity) throw new BrokenLink();
      // Another process was first. Read the life that it wrote.
      if (!isAgreed) continue;
      this.#adopt(life, found, end, identity);
      return found.last;
    }
  }

  /** Finds out why the life that this process knows has ended. Another process may have begun the next one already. */
  async #markIfDeleted(view: LogView): Promise<void> {
    const { epoch } = view;
    if ((await this.#parts.lives.isDeleted(epoch)) && epoch === view.epoch) view.markDeleted();
  }

  /** The channel was deleted, or its stream was. Rejects if nothing needs a new life. */
  async #leaveMissing(view: LogView): Promise<void> {
    await this.#markIfDeleted(view);
    this.throwIfClosed();
    this.#isGone = !view.isNeeded;
    if (this.#isGone) throw closedError();
  }

  /**
   * Returns the offset of the newest entry: the last message of the stream, unless it belongs to a batch that is not
   * complete.
   */
  async #endOf({ first, last }: FoundStream): Promise<number> {
    if (last < first) return last;
    const { link, names } = this.#parts;
    const message = await link.session.jsm.streams.getMessage(names.stream, { seq: last });
    const part = partOf({ headers: message?.header });
    return part === undefined || part.index === part.size ? last : Math.max(first - 1, last - part.index);
  }

  /**
   * Returns false if the stream has another entry where this process received one. `isUnbroken`: the tail has missed
   * nothing over this connection since the last check.
   */
  async #isSame({ first, last, isAlone }: FoundStream, isUnbroken: boolean): Promise<boolean> {
    if (this.#isContradicted) return false;
    // The connection stays if another server has the stream and restarts, and the tail may not notice.
    const witness = isAlone || this.#witness?.offset === last ? undefined : this.#witness;
    const known = isUnbroken ? witness : this.#newest;
    // If the stream has no entry at that offset, there is nothing to compare.
    if (known === undefined || known.offset < first || known.offset > last) return true;
    const { link, names } = this.#parts;
    const message = await link.session.jsm.streams.getMessage(names.stream, { seq: known.offset });
    return message === null || known.isSame(entryOf(known.offset, { string: () => message.string() }));
  }

  /** Enters a life that ends in the entry at the offset `last`. */
  #adopt(life: Life, found: FoundStream, last: number, identity: string): void {
    const { first } = found;
    const isNewLife = life.epoch !== this.#view?.epoch;
    const isNew = isNewLife || identity !== this.#checkedBy || found.subjects.all !== this.#subjects?.all;
    this.#checkedBy = identity;
    this.#subjects = found.subjects;
    if (isNew) this.#listener.abandon();
    if (isNewLife) {
      this.#newest = undefined;
      this.#pending.clear();
      this.#strangers.clear();
      this.#isContradicted = false;
    }
    this.#witness = this.#newest;
    if (this.#view === undefined) this.#view = new LogView(life, first, last, this.#parts.budget.held);
    else this.#view.enterLife(life, first, last);
    this.#listener.checked(isNew, found);
  }
}
