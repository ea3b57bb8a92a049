import type { SluiceError } from "../../../base/errors/sluice-error.ts";
import type { HeldBytes } from "../../shared/bounds/held-bytes.ts";
import { closedError } from "../../shared/failures/closed-error.ts";
import { deletedSlot } from "../../shared/life/deleted-epochs.ts";
import { continues, type Life, type Seen, seenSinceDeletion } from "../../shared/life/life.ts";
import { type ClosedChannel, flatCopy, seenBefore } from "../../shared/view/closed-channels.ts";
import { LogView } from "../../shared/view/log-view.ts";
import type { ChannelKeys, SharedKeys } from "../channel-keys.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import type { RedisGate } from "../connection/redis-gate.ts";
import { type EntryMark, markOf } from "./entry-mark.ts";
import { findEnds, findLife, keepsChangingError, type LogEnds } from "./find-life.ts";
import type { StoreState, StoreWitness } from "./store-witness.ts";
import { knownThrough } from "./timeline.ts";

/** Lives that one call may meet. More mean that something is broken. */
export const MAX_LIVES_PER_CALL = 5;

/** The place of a log in Redis. */
export interface LifePlace {
  readonly gate: RedisGate;
  readonly keys: ChannelKeys;
  readonly sharedKeys: SharedKeys;
  readonly witness: StoreWitness;
  /** The bytes that all channels hold back. */
  readonly held: HeldBytes;
  /** See {@link ChannelHost.before}. */
  readonly before: ClosedChannel<EntryMark | undefined> | undefined;
}

/** Receives what a look at a log's life finds. */
export interface LifeListener {
  /** The log entered another life. Its newest entry may now be older than before. */
  changed(): void;
  /** The look removed this many entries of other programs from the stream. */
  removed(count: number): void;
}

/** The life of a channel's log, as this process knows it. Work that meets another life is repeated in that life. */
export class RedisChannelLife {
  readonly gate: RedisGate;
  readonly keys: ChannelKeys;
  readonly sharedKeys: SharedKeys;
  /** True if the life must be looked up before anything else is done: a lookup is running, or the last one failed. */
  isUnsure = false;
  isClosed = false;
  #isGone = false;
  readonly #held: HeldBytes;
  readonly #listener: LifeListener;
  #view: LogView | undefined;
  #refreshing: Promise<void> | undefined;
  /** The newest entry that this process had at the last check. */
  #checked: EntryMark | undefined;
  readonly #witness: StoreWitness;
  /** The timeline at the last look. */
  #timelineId: string | undefined;
  /** The first visit of the timeline after which this process knows the log. */
  #knownSince = 0;
  /** See {@link LifePlace.before}. `undefined` once the log is open. */
  #before: ClosedChannel<EntryMark | undefined> | undefined;

  constructor({ gate, keys, sharedKeys, witness, held, before }: LifePlace, listener: LifeListener) {
    this.#before = before;
    // The entry counts as one that this process has received.
    this.#checked = before?.mark;
    this.#held = held;
    this.gate = gate;
    this.keys = keys;
    this.sharedKeys = sharedKeys;
    this.#witness = witness;
    this.#listener = listener;
  }

  /** The view of the log. Throws before the first {@link enter}. */
  get view(): LogView {
    if (this.#view === undefined) throw new Error("The log is not open yet.");
    return this.#view;
  }

  /** True if the log was closed because the channel was deleted, and nothing in this process needs it. */
  get isGone(): boolean {
    return this.#isGone;
  }

  get epoch(): string {
    return this.view.epoch;
  }

  /** Looks up the life in a Redis of this state. The first call opens the log. */
  async enter(connection: RedisConnection, state: StoreState): Promise<void> {
    this.isUnsure = true;
    const view = this.#view;
    const onMissing = view && (() => this.#leaveMissing(connection, view));
    const isSure = this.#knownSince <= knownThrough(state.timeline, this.#timelineId);
    const known = view === undefined ? this.#seenBefore : { ...view.seen, isSure };
    const wasDeleted = (epoch: string) => this.findDeleted(connection, epoch);
    const seen = async (stored: Life) => known && seenSinceDeletion(known, stored, wasDeleted);
    const found = await findLife(connection, this.keys, state, { seen, marks: this.#marks, onMissing });
    const { life, first, last, removed } = found;
    if (state.timeline.id !== this.#timelineId) {
      this.#timelineId = state.timeline.id;
      this.#knownSince = state.newest + 1;
    }
    if (view !== undefined && !continues(life, view.epoch)) await this.#markIfDeleted(connection, view);
    this.isUnsure = false;
    if (removed > 0) this.#listener.removed(removed);
    if (this.#view === undefined) {
      this.#view = new LogView(life, first, last, this.#held, this.#before && seenBefore(this.#before));
      this.#before = undefined;
      return;
    }
    const isOther = life.epoch !== this.epoch;
    this.#view.enterLife(life, first, last);
    if (isOther) this.#listener.changed();
  }

  /**
   * Looks up the life again. Sets `isUnsure` at once, so that nothing is sent meanwhile. Concurrent calls share one
   * lookup.
   */
  refresh(connection: RedisConnection): Promise<void> {
    this.isUnsure = true;
    this.#refreshing ??= this.#witness
      .look(connection)
      .then((state) => this.enter(connection, state))
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  /** Records that the store contradicts what this process has seen. The next look begins a new life. */
  distrust(): void {
    this.view.distrust();
    this.isUnsure = true;
  }

  /**
   * Finds the ends of the log. Returns `undefined` if the log is in another life, or ends before what this process has
   * seen: then look up the life again.
   */
  async ends(connection: RedisConnection): Promise<LogEnds | undefined> {
    const { epoch, offset } = this.view.seen;
    const ends = await findEnds(connection, this.keys, epoch);
    if (ends.removed > 0) this.#listener.removed(ends.removed);
    return ends.isSameEpoch && ends.last >= offset && epoch === this.epoch ? ends : undefined;
  }

  /**
   * Checks that the store still has what this process has seen, and looks up the life if not. Returns the log's `last`.
   */
  async check(connection: RedisConnection): Promise<number> {
    const { epoch, offset } = this.view.seen;
    const marks = this.#marks.filter((mark) => mark.epoch === epoch);
    const ends = await findEnds(connection, this.keys, epoch, marks);
    const { first, last, isSameEpoch, removed, isReplaced } = ends;
    if (removed > 0) this.#listener.removed(removed);
    const isCurrent = isSameEpoch && epoch === this.epoch;
    if (isCurrent && isReplaced) this.distrust();
    this.#checked = marks.at(-1);
    const isOutdated = this.#timelineId !== this.#witness.timelineId;
    if (!isSameEpoch || last < offset || isOutdated || this.isUnsure) await this.refresh(connection);
    else if (isCurrent) this.view.trimmed(first);
    return last;
  }

  /**
   * Runs idempotent `work` until it succeeds in the life that this process knows. `work` returns `undefined` if it met
   * another life.
   */
  use<T>(work: (connection: RedisConnection) => Promise<T | undefined>): Promise<T> {
    if (this.isClosed) return Promise.reject(closedError());
    return this.gate.use(async (connection) => {
      for (let lives = 0; lives < MAX_LIVES_PER_CALL; lives++) {
        if (this.isUnsure) await this.refresh(connection);
        const result = await work(connection);
        if (result !== undefined) return result;
        await this.refresh(connection);
      }
      throw this.keepsChangingError();
    });
  }

  /** Leaves a life that was deleted. Resolves also if nothing needs the channel: the log is closed. */
  async leave(deleted: string): Promise<void> {
    if (this.epoch === deleted) this.view.markDeleted();
    try {
      // A lookup that is running may have begun before the deletion.
      for (let lives = 0; lives < MAX_LIVES_PER_CALL && !this.isClosed; lives++) {
        await this.gate.use((connection) => this.refresh(connection));
        if (this.epoch !== deleted) return;
      }
    } catch (error) {
      if (!this.isGone) throw error;
    }
  }

  keepsChangingError(): SluiceError {
    return keepsChangingError(this.keys);
  }

  /** Refuses further work, and removes the listener of the view. */
  close(): void {
    this.isClosed = true;
    this.view.tail({ appended() {}, trimmed() {}, reset() {} })();
  }

  /** Returns true if the life of an epoch ended because the channel was deleted, as far as Redis remembers. */
  async findDeleted(connection: RedisConnection, epoch: string): Promise<boolean> {
    return (await connection.send(["HGET", this.sharedKeys.deleted, deletedSlot(epoch)])) === epoch;
  }

  /** The newest entry that this process had at the last check or since, to be kept when the log is closed. */
  get lastMark(): EntryMark | undefined {
    const mark = this.#marks.at(-1);
    return mark && { ...mark, text: flatCopy(mark.text) };
  }

  /** The state that this process had seen when it closed the log. */
  get #seenBefore(): Seen | undefined {
    // Other nodes may have received more since. This node cannot vouch that a copy has it.
    return this.#before && { ...seenBefore(this.#before), isSure: false };
  }

  /** Finds out why the life that this process knows has ended. Another process may have begun the next one already. */
  async #markIfDeleted(connection: RedisConnection, view: LogView): Promise<void> {
    const { epoch } = view;
    if ((await this.findDeleted(connection, epoch)) && epoch === view.epoch) view.markDeleted();
  }

  /** The log has no life: the channel was deleted, or Redis was emptied. Rejects if nothing needs a new one. */
  async #leaveMissing(connection: RedisConnection, view: LogView): Promise<void> {
    await this.#markIfDeleted(connection, view);
    if (this.isClosed) throw closedError();
    this.#isGone = !view.isNeeded;
    if (this.#isGone) throw closedError();
  }

  /**
   * Two entries that this process has: the newest one, and the newest one at the last check. Another process may have
   * appended the newest one to an older copy.
   */
  get #marks(): readonly EntryMark[] {
    const newest = this.#view?.newest;
    return [this.#checked, newest && markOf(newest, this.epoch)].filter((mark) => mark !== undefined);
  }
}
