import { quietInterval, type Timer } from "../../../base/time/timers.ts";

/** Pause between two parts of a round, in ms. */
const TICK_MS = 250;
/** Parts of a round: each channel is checked once a second, if there are not too many. */
const TICKS_PER_ROUND = 4;
/** Channels that a tick checks at most. */
const MAX_PER_TICK = 50;
/** Channels that a tick checks in turn at least, however many others have asked for a check. */
const MIN_OF_ROUND = 10;
/** Checks that run at a time. */
const MAX_RUNNING = 32;

/** A channel's log that is checked from time to time. */
export interface RoundsMember {
  /** Checks the log. Never rejects. */
  check(): Promise<unknown>;
  /** See {@link CheckRounds.late}. */
  late(): void;
}

/**
 * Checks the open channels of a process one after another, with one timer. Up to 200 are checked once a second each;
 * more take longer, so that the number of requests stays bounded.
 */
export class CheckRounds {
  /** The channel whose turn is longest ago comes first. */
  readonly #members = new Set<RoundsMember>();
  readonly #soon = new Set<RoundsMember>();
  #late = new Set<RoundsMember>();
  /** Channels whose check is due. */
  readonly #due = new Set<RoundsMember>();
  readonly #running = new Set<RoundsMember>();
  #timer: Timer | undefined;

  add(member: RoundsMember): void {
    this.#members.add(member);
    this.#timer ??= quietInterval(() => this.#tick(), TICK_MS);
  }

  remove(member: RoundsMember): void {
    for (const members of [this.#members, this.#soon, this.#late, this.#due]) members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Checks a channel as soon as few other checks run. */
  now(member: RoundsMember): void {
    if (!this.#members.has(member)) return;
    this.#due.add(member);
    this.#run();
  }

  /** Checks a channel within some 250 ms, if few others have asked for that. */
  soon(member: RoundsMember): void {
    if (this.#members.has(member)) this.#soon.add(member);
  }

  /** Calls `member.late()` within 250 ms. */
  late(member: RoundsMember): void {
    if (this.#members.has(member)) this.#late.add(member);
  }

  #tick(): void {
    const late = this.#late;
    this.#late = new Set();
    for (const member of late) member.late();
    // If the server does not answer, checks must not accumulate.
    if (this.#due.size >= MAX_PER_TICK) return;
    const ofRound = Math.min(MAX_PER_TICK, Math.ceil(this.#members.size / TICKS_PER_ROUND));
    this.#take(this.#soon, MAX_PER_TICK - Math.min(MIN_OF_ROUND, ofRound));
    this.#take(this.#members, Math.min(ofRound, MAX_PER_TICK - this.#due.size));
    this.#run();
  }

  /** Makes the checks of the first members due. */
  #take(members: Set<RoundsMember>, most: number): void {
    let left = most;
    for (const member of members) {
      if (left-- <= 0) break;
      this.#due.add(member);
      members.delete(member);
      if (members === this.#members) members.add(member);
    }
  }

  #run(): void {
    for (const member of this.#due) {
      if (this.#running.size >= MAX_RUNNING) return;
      // Its turn comes when the running check has ended.
      if (this.#running.has(member)) continue;
      this.#due.delete(member);
      this.#running.add(member);
      void member.check().finally(() => {
        this.#running.delete(member);
        this.#run();
      });
    }
  }
}
