import type { StreamMessage } from "../read/message.ts";
import type { CatchUp } from "./catch-up.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { TailReceiver } from "./tail-receiver.ts";

/** The process is behind if more bytes arrived in this turn of the event loop. */
const BEHIND_BYTES = 262_144;
/** Bytes of live messages that wait for a request to end. */
const MAX_HELD_BYTES = 262_144;
/** Bytes that a message counts besides its data. */
const MESSAGE_BYTES = 320;
/** A message that a check found may be on its way for so long, in ms. */
const ON_ITS_WAY_MS = 100;

/** A live message that waits, with its number. */
interface HeldMessage {
  readonly sequence: number;
  readonly message: StreamMessage;
}

/** Follows a stream by its {@link LiveFeed}. A {@link CatchUp} requests the messages that the feed missed. */
export class LiveFollower {
  readonly #receiver: TailReceiver;
  readonly #feed: LiveFeed;
  #catchUp: CatchUp | undefined;
  /** True if nothing was missed since the last check. */
  #isFollowing = false;
  /** True if something was missed, and no check has begun since. */
  #isInterrupted = false;
  /** Number of the stream's last message when it was last checked. */
  #checkedLast = 0;
  /** Number of a message that a check found and the feed has yet to deliver, and since when. */
  #awaited: { readonly last: number; readonly at: number } | undefined;
  /** Live messages that arrived while the messages before them were requested. */
  #held: HeldMessage[] = [];
  #heldBytes = 0;

  constructor(receiver: TailReceiver, feed: LiveFeed) {
    this.#receiver = receiver;
    this.#feed = feed;
  }

  /** Follows the stream, whose newest message is number `last`, unless it already does. */
  follow(last: number): void {
    this.#checkedLast = last;
    // A check follows that begins after the interruption.
    if (this.#isInterrupted) return;
    const hasMissed = !this.#isFollowing;
    this.#isFollowing = true;
    if (this.#catchUp?.isStarting) return;
    const { refusal } = this.#catchUp ?? {};
    this.#catchUp = undefined;
    if (refusal !== undefined) this.#receiver.refused(refusal);
    const { next, onLate } = this.#receiver.options;
    if (next() > this.#last) return this.#receiver.accepted();
    if (hasMissed) return this.#request();
    // The feed may still deliver them.
    this.#awaited ??= { last: this.#last, at: performance.now() };
    onLate();
  }

  /** Returns true if nothing was missed since the last check. Call it only in a check. */
  look(): boolean {
    if (!this.#isInterrupted) return this.#isFollowing;
    this.#isInterrupted = false;
    this.#isFollowing = false;
    return false;
  }

  /** Interrupts the tail if the feed has not delivered messages that a check found. */
  late(): void {
    const { next, onLate } = this.#receiver.options;
    if (this.#awaited === undefined) return;
    const { last, at } = this.#awaited;
    const isMissing = next() <= last;
    if (isMissing && performance.now() - at < ON_ITS_WAY_MS) return onLate();
    this.#awaited = undefined;
    if (isMissing) this.interrupt();
  }

  stop(): void {
    this.#catchUp?.stop();
    this.#catchUp = undefined;
    this.#isFollowing = false;
    this.#isInterrupted = false;
    this.#awaited = undefined;
    this.#release();
  }

  /** Receives a message from the feed. */
  take(sequence: number, message: StreamMessage): void {
    if (!this.#isFollowing || this.#isInterrupted) return;
    if (this.#catchUp !== undefined) return this.#hold(sequence, message);
    const { next, received } = this.#receiver.options;
    const needed = next();
    if (sequence > needed) return this.interrupt();
    if (sequence < needed) return;
    this.#receiver.deliver(sequence, message, received.add(message.data.length) > BEHIND_BYTES);
  }

  /** The feed missed something: a check must follow. */
  interrupt(): void {
    if (!this.#isFollowing || this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#receiver.options.onInterrupted();
  }

  /** Number of the newest message that this process knows to exist. */
  get #last(): number {
    return Math.max(this.#checkedLast, this.#feed.last);
  }

  /** Requests the missing messages. */
  #request(): void {
    const { next: needed, onRetry } = this.#receiver.options;
    const next = needed();
    const onEnd = (isComplete: boolean) => {
      if (isComplete) return this.#caughtUp(next);
      this.#isFollowing = false;
      this.#release();
      onRetry();
    };
    this.#catchUp = this.#receiver.catchUp({ next, last: this.#last, nearBytes: 0, onEnd });
  }

  /** The requests from number `from` have ended. */
  #caughtUp(from: number): void {
    const { next, onHole } = this.#receiver.options;
    this.#catchUp = undefined;
    for (const { sequence, message } of this.#release()) {
      if (sequence === next()) this.#receiver.deliver(sequence, message, false);
    }
    const missing = next();
    if (missing > this.#last || !this.#isFollowing) return;
    // More messages arrived meanwhile.
    if (missing > from) return this.#request();
    // The feed may have had messages of an earlier stream.
    this.#feed.last = Math.min(this.#feed.last, missing - 1);
    if (missing <= this.#checkedLast) onHole(this.#checkedLast);
  }

  /** Keeps a live message while the messages before it arrive. Otherwise it is requested, too. */
  #hold(sequence: number, message: StreamMessage): void {
    if (!this.#catchUp?.isRequesting) return;
    const bytes = message.data.length + MESSAGE_BYTES;
    if (this.#heldBytes + bytes > MAX_HELD_BYTES) this.#release();
    // The messages of one channel have no hole: the requests then bring the rest.
    if (!this.#receiver.options.budget.held.replace(0, bytes)) return void this.#release();
    this.#heldBytes += bytes;
    this.#held.push({ sequence, message });
  }

  /** Returns the held messages, and holds none any more. */
  #release(): readonly HeldMessage[] {
    const held = this.#held;
    this.#receiver.options.budget.held.replace(this.#heldBytes, 0);
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }
}
