import type { LogEntry } from "../../log.ts";
import { closedError } from "../../shared/failures/closed-error.ts";
import type { Defined } from "../../shared/failures/retry-idempotent.ts";
import { type ClosedChannels, seenBefore } from "../../shared/view/closed-channels.ts";
import { LogView } from "../../shared/view/log-view.ts";
import type { PublisherLog } from "../append/publisher-log.ts";
import type { StreamSubjects } from "../channel-names.ts";
import { BrokenLink, ReplacedStream } from "../connection/nats-errors.ts";
import { CoalescedCheck } from "./coalesced-check.ts";
import { ChannelDeletion } from "./delete-channel.ts";
import { type FoundLife, findLife, markIfDeleted, type SearchedLog } from "./find-life.ts";
import type { KnownEntry } from "./known-entry.ts";
import type { NatsLifeListener, NatsLifeParts } from "./nats-life-parts.ts";
import { ReceivedEntries } from "./received-entries.ts";
import { type CheckedLog, retryOnChecked } from "./retry-on-checked.ts";

/** Checks after a deletion: a check that is running may have begun before. */
const MAX_CHECKS = 3;

/**
 * The life of a channel's log, as this process knows it. The log is *checked* over a connection once the stream and its
 * life were read over that connection. If the server is in another run than the life, the check begins a new life.
 * Nothing is sent before a check.
 */
export class NatsChannelLife implements PublisherLog, CheckedLog {
  isClosed = false;
  readonly #parts: NatsLifeParts;
  readonly #listener: NatsLifeListener;
  /** Resolves to the offset of the newest entry. */
  readonly #check: CoalescedCheck;
  #view: LogView | undefined;
  #subjects: StreamSubjects | undefined;
  /** Identity of the connection over which the log was last checked. */
  #checkedBy: string | undefined;
  readonly #entries: ReceivedEntries;
  /** True if the log was closed because the channel was deleted, and nothing in this process needs it. */
  #isGone = false;
  /** Unknown epochs of entries. A check found that the log is still in the life that this process knows. */
  readonly #strangers = new Set<string>();

  constructor(parts: NatsLifeParts, listener: NatsLifeListener) {
    this.#parts = parts;
    this.#entries = new ReceivedEntries(parts.budget.held, parts.before?.mark);
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

  /** Starts a check because the tail missed something: the stream may have other entries than this process received. */
  interrupted(): void {
    this.#entries.interrupted();
    this.checkAfresh();
  }

  uncheck(): void {
    this.#checkedBy = undefined;
  }

  invalidate(): void {
    this.uncheck();
    void this.#check.runInBackground();
  }

  /**
   * Runs idempotent `work` and retries it until the timeout if the connection or the epoch changed while it ran, or if
   * it returned `undefined`. Rejects at the timeout, with a message that says that NATS did not `task`.
   */
  use<T extends Defined>(task: string, work: () => Promise<T | undefined>): Promise<T> {
    const { link, timeout } = this.#parts;
    return retryOnChecked({ log: this, link, timeout, task }, work);
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
    if (this.#entries.isContradictedBy(entries)) return this.invalidate();
    this.view.receive(entries, isBehind);
    this.#entries.received(entries, isBehind);
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
    if (this.#entries.isReplacedBy(entries)) return this.invalidate();
    if (entries[0]!.offset === this.last + 1) return this.receive(entries);
    this.view.appended(entries);
    for (const entry of entries) if (entry.offset > this.last) this.#entries.add(entry);
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
    this.#entries.clear();
  }

  /** Records what this process has seen of the log, which is closed. */
  rememberIn(closed: ClosedChannels<KnownEntry | undefined>, name: string): void {
    if (this.#view === undefined) return;
    if (this.#entries.isContradicted) this.#view.distrust();
    closed.remember(name, this.#view, this.#entries.newest?.brief);
  }

  async #checkOnce(): Promise<number> {
    const { link } = this.#parts;
    const { identity } = link;
    for (;;) {
      const found = await findLife(this.#parts, this.#searched(), identity);
      this.throwIfClosed();
      if (identity !== link.identity) throw new BrokenLink();
      if (found === undefined) continue;
      this.#adopt(found);
      return found.stream.last;
    }
  }

  #searched(): SearchedLog {
    return {
      view: this.#view,
      entries: this.#entries,
      isUnbroken: (identity) => this.#listener.look() && identity === this.#checkedBy,
      leaveMissing: (view) => this.#leaveMissing(view),
    };
  }

  /** The channel was deleted, or its stream was. Rejects if nothing needs a new life. */
  async #leaveMissing(view: LogView): Promise<void> {
    await markIfDeleted(this.#parts.lives, view);
    this.throwIfClosed();
    this.#isGone = !view.isNeeded;
    if (this.#isGone) throw closedError();
  }

  /** Enters the life that a check found. */
  #adopt({ life, stream, last, identity }: FoundLife): void {
    const { first } = stream;
    const isNewLife = life.epoch !== this.#view?.epoch;
    const before = this.#view === undefined ? this.#parts.before : undefined;
    const isNew = isNewLife || identity !== this.#checkedBy || stream.subjects.all !== this.#subjects?.all;
    this.#checkedBy = identity;
    this.#subjects = stream.subjects;
    if (isNew) this.#listener.abandon();
    if (isNewLife) this.#strangers.clear();
    this.#entries.checked(isNewLife && life.epoch !== before?.epoch);
    if (this.#view === undefined)
      this.#view = new LogView(life, first, last, this.#parts.budget.held, before && seenBefore(before));
    else this.#view.enterLife(life, first, last);
    this.#listener.checked(isNew, stream);
  }
}
