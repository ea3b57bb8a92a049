import type { ChannelLog, LogEntry, NewEntry, TailListener } from "../../../src/logs/log.ts";
import { closedError } from "../../../src/logs/shared/failures/closed-error.ts";
import type { Life } from "../../../src/logs/shared/life/life.ts";
import { LogView } from "../../../src/logs/shared/view/log-view.ts";
import { SharedChannelLog } from "../../../src/logs/shared/view/shared-channel-log.ts";
import type { ForgetfulStore } from "./forgetful-store.ts";
import type { Wire } from "./wire.ts";

/** State of the store at the moment of an answer. */
interface StoreState {
  readonly index: number;
  readonly life: Life;
  readonly first: number;
  readonly last: number;
}

/** Maximum number of entries in one answer to the tail. */
const TAIL_EVENTS = 5;
/** One in this many appends and deletions gets no answer, whether the store carried it out or not. */
const FAILS_ONE_IN = 12;

/** A log on a {@link ForgetfulStore} over a {@link Wire}: answers are late and overtake each other. */
export class ForgetfulLog extends SharedChannelLog implements ChannelLog {
  readonly #store: ForgetfulStore;
  readonly #wire: Wire;
  readonly #view: LogView;
  /** Index of the newest life that this process knows. */
  #index: number;
  #closed = false;
  #unsent: {
    readonly entries: readonly NewEntry[];
    readonly answer: (offsets: readonly number[] | undefined) => void;
  }[] = [];
  #sending = false;
  /** Resolves when the store has carried out the deletions so far: later appends follow them. */
  #deletions: Promise<unknown> = Promise.resolve();

  static async open(store: ForgetfulStore, wire: Wire): Promise<ForgetfulLog> {
    await wire.pass();
    return new ForgetfulLog(store, wire);
  }

  private constructor(store: ForgetfulStore, wire: Wire) {
    super();
    this.#store = store;
    this.#wire = wire;
    const { index, life, first, last } = this.#state();
    this.#index = index;
    this.#view = new LogView(life, first, last);
  }

  protected get view(): LogView {
    return this.#view;
  }

  append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      const answer = (offsets: readonly number[] | undefined) =>
        offsets === undefined ? reject(new Error("There was no answer.")) : resolve(offsets);
      this.#unsent.push({ entries, answer });
      if (!this.#sending) void this.#send();
    });
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    return this.#ask(() => this.#store.read(after, events, bytes));
  }

  override tail(listener: TailListener): () => void {
    const stop = super.tail(listener);
    void this.#follow();
    return stop;
  }

  async sync(): Promise<void> {
    while (!(await this.#catchUp(Number.POSITIVE_INFINITY))) if (this.#closed) throw closedError();
  }

  positionOf(id: string): Promise<number | undefined> {
    return this.#ask(() => this.#store.positionOf(id));
  }

  trim(through: number): Promise<void> {
    return this.#ask(() => this.#store.trim(through));
  }

  delete(): Promise<void> {
    const deleted = this.#delete(this.#store.history.now);
    this.#deletions = Promise.allSettled([this.#deletions, deleted]);
    return deleted;
  }

  override wasDeleted(epoch: string): boolean | Promise<boolean> {
    return this.view.knows(epoch) ? this.view.wasDeleted(epoch) : this.#ask(() => this.#store.wasDeleted(epoch));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** Deletes the life of the call, or a later life that continues it. */
  async #delete(era: number): Promise<void> {
    const { history } = this.#store;
    await this.#wire.pass();
    const { fails, isDone } = this.#fate();
    if (isDone && history.holds(era, history.now) >= 0) this.#store.delete();
    const state = this.#state();
    await this.#wire.pass();
    if (fails) throw new Error("There was no answer.");
    this.#learn(state);
  }

  /** Decides whether the store carries out a request, and whether its answer is lost. */
  #fate(): { readonly fails: boolean; readonly isDone: boolean } {
    const fails = this.#wire.draw(FAILS_ONE_IN) === 0;
    return { fails, isDone: !fails || this.#wire.draw(2) === 0 };
  }

  /** Sends the waiting appends together, in the order of the calls. */
  async #send(): Promise<void> {
    this.#sending = true;
    while (this.#unsent.length > 0) {
      const sent = this.#unsent;
      this.#unsent = [];
      await this.#deletions;
      await this.#wire.pass();
      const { fails, isDone } = this.#fate();
      const before = this.#store.last;
      const offsets = isDone ? sent.map(({ entries }) => this.#store.append(entries)) : [];
      const added = this.#store.era.entries.slice(before);
      const state = this.#state();
      await this.#wire.pass();
      // Entries appended to an earlier life may be lost by now.
      const isKept = !fails && this.#learn(state);
      if (isKept) {
        this.#view.appended(added);
        this.#view.trimmed(state.first);
      }
      for (const [i, { answer }] of sent.entries()) answer(isKept ? offsets[i] : undefined);
    }
    this.#sending = false;
  }

  async #follow(): Promise<void> {
    while (!this.#closed) await this.#catchUp(TAIL_EVENTS);
  }

  /** Receives entries from the store. Resolves to false if the answer belongs to an earlier life. */
  async #catchUp(events: number): Promise<boolean> {
    const after = this.#view.received;
    await this.#wire.pass();
    const entries = this.#store.read(Math.max(after, this.#store.era.first - 1), events, Number.POSITIVE_INFINITY);
    const state = this.#state();
    await this.#wire.pass();
    // The entries that follow an offset in one life need not follow it in another.
    if (!this.#learn(state) || after > this.#view.received) return false;
    this.#view.receive(entries as LogEntry[]);
    this.#view.trimmed(state.first);
    return true;
  }

  /** Asks the store, and asks again if the answer belongs to an earlier life. */
  async #ask<T>(question: () => T): Promise<T> {
    for (;;) {
      await this.#wire.pass();
      const answer = question();
      const state = this.#state();
      await this.#wire.pass();
      if (!this.#learn(state)) {
        if (this.#closed) throw closedError();
        continue;
      }
      this.#view.trimmed(state.first);
      return answer;
    }
  }

  #state(): StoreState {
    const { life, first } = this.#store.era;
    return { index: this.#store.history.now, life, first, last: this.#store.last };
  }

  /**
   * Enters the life of a state if it is new, unless the channel was deleted and nothing needs it. Returns true if the
   * state belongs to the newest known life.
   */
  #learn({ index, life, first, last }: StoreState): boolean {
    if (index > this.#index) {
      const isDeleted = this.#store.history.eras[this.#index]!.isDeleted === true;
      if (isDeleted) this.#view.markDeleted();
      if (isDeleted && !this.#closed && !this.#view.isNeeded) return false;
      this.#view.enterLife(life, first, last);
    }
    this.#index = Math.max(this.#index, index);
    return index === this.#index;
  }
}
