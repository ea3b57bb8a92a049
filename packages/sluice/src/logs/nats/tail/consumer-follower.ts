import type { CatchUp } from "./catch-up.ts";
import { OrderedConsumer, SILENCE_MS } from "./ordered-consumer.ts";
import type { TailReceiver } from "./tail-receiver.ts";

/** If at most so many messages are missing, the consumer that pushes messages delivers them. */
const NEAR_MESSAGES = 4;
/** A consumer that pushes messages delivers the rest if it has no more bytes than this. */
const NEAR_BYTES = 262_144;
/** The tail is behind if more bytes follow in the stream, by the size of the last message. */
const BEHIND_BYTES = 262_144;

/**
 * Follows a stream by an {@link OrderedConsumer}. If many messages are missing, a {@link CatchUp} comes first. A
 * consumer is replaced only in {@link follow}.
 */
export class ConsumerFollower {
  readonly #receiver: TailReceiver;
  #current: OrderedConsumer | CatchUp | undefined;

  constructor(receiver: TailReceiver) {
    this.#receiver = receiver;
  }

  /** Follows the stream, whose newest message is number `last`, unless a consumer does and receives its heartbeats. */
  follow(last: number): void {
    const before = this.#current;
    // Each request to the server has a timeout of its own.
    if (before?.isStarting || (this.#isAlive && !before?.isNear)) return;
    if (before?.refusal !== undefined) this.#receiver.refused(before.refusal);
    this.stop();
    const next = this.#receiver.options.next();
    const isNear = before?.isNear || last - next < NEAR_MESSAGES;
    this.#current = isNear ? this.#push(next) : this.#catchUp(next, last);
  }

  /** Returns true if the consumer has missed nothing. */
  look(): boolean {
    return this.#isAlive;
  }

  /** A consumer delivers late messages by itself. */
  late(): void {}

  stop(): void {
    this.#current?.stop();
    this.#current = undefined;
  }

  /** True if the consumer receives its heartbeats. */
  get #isAlive(): boolean {
    const { lastMessageAt = Number.NEGATIVE_INFINITY } = this.#current ?? {};
    return performance.now() - lastMessageAt < SILENCE_MS;
  }

  #push(next: number): OrderedConsumer {
    const { link, stream, taken } = this.#receiver.options;
    const consumer = new OrderedConsumer({
      link,
      stream,
      next,
      taken,
      onCreated: () => this.#receiver.accepted(),
      onMessage: ({ sequence, pending }, message) => {
        const isFar = pending * message.data.length > BEHIND_BYTES;
        this.#receiver.deliver(sequence, message, isFar || consumer.isLate);
      },
    });
    return consumer;
  }

  #catchUp(next: number, last: number): CatchUp {
    const { onInterrupted, onRetry } = this.#receiver.options;
    const onEnd = (isComplete: boolean) => (isComplete ? onInterrupted() : onRetry());
    return this.#receiver.catchUp({ next, last, nearBytes: NEAR_BYTES, onEnd });
  }
}
