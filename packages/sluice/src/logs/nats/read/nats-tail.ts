import type { ReadBudget } from "../../shared/read-budget.ts";
import type { NatsLink, NatsMessage } from "../connection/nats-link.ts";
import { CatchUp } from "./catch-up.ts";
import { addConsumer, deleteConsumer } from "./consumer.ts";
import { type DeliveryNumbers, deliveryNumbers } from "./message.ts";

/** The server's heartbeat on an idle stream, in ms. After three missed heartbeats the consumer counts as lost. */
const HEARTBEAT_MS = 1_000;
const SILENCE_MS = 3 * HEARTBEAT_MS;
/** After such a silence this process has stood still, and the connection may have much for it. */
const STANDSTILL_MS = 1.5 * HEARTBEAT_MS;
/** The server deletes a consumer after this time without a reader, in ms. */
const INACTIVE_MS = 10_000;
const NATS_CONTROL = 100;
/** Refusals in a row after which the tail counts as failed. A stream without a leader refuses for a moment. */
const MAX_REFUSALS = 2;
/** If at most so many messages are missing, the consumer that pushes messages delivers them. */
const NEAR_MESSAGES = 4;
/** The tail is behind if more bytes follow in the stream, by the size of the last message. */
const BEHIND_BYTES = 262_144;

/** Options of {@link NatsTail}. */
export interface NatsTailOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** The log's timeout, in ms. */
  readonly timeout: number;
  /** The bytes in flight while channels of this process catch up. */
  readonly budget: ReadBudget;
  /** Receives each message of the stream, with its number. `isBehind`: see {@link TailListener.appended}. */
  readonly onMessage: (sequence: number, message: NatsMessage, isBehind: boolean) => void;
  /** See {@link TailListener.taken}. */
  readonly taken: () => Promise<void> | undefined;
  /** Called when the tail has caught up so far that {@link NatsTail.follow} can follow live, after a check. */
  readonly onNear: () => void;
  /**
   * Called with the error if the server repeatedly refuses the consumer, and with `undefined` once it accepts one. Not
   * called while the connection is broken.
   */
  readonly onFailure: (error: Error | undefined) => void;
}

/**
 * Follows a stream with an ordered consumer (NATS ADR-17): messages are numbered and not acknowledged. A consumer that
 * misses a message or falls silent must be replaced from the same position. The tail does this only in {@link follow}:
 * its owner must first check that the stream is still the same. If many messages are missing, a {@link CatchUp} comes
 * first.
 */
export class NatsTail {
  readonly #options: NatsTailOptions;
  #consumer: OrderedConsumer | CatchUp | undefined;
  #refusals = 0;

  constructor(options: NatsTailOptions) {
    this.#options = options;
  }

  /**
   * Follows the stream, whose newest message is number `last`, from message number `next`, unless a consumer already
   * follows it and receives its heartbeats.
   */
  follow(next: number, last: number): void {
    const before = this.#consumer;
    // Each request to the server has a timeout of its own.
    if (before?.isStarting || (this.isAlive && !before?.isNear)) return;
    if (before?.refusal !== undefined && ++this.#refusals === MAX_REFUSALS) this.#options.onFailure(before.refusal);
    this.stop();
    const onCreated = () => {
      if (this.#refusals >= MAX_REFUSALS) this.#options.onFailure(undefined);
      this.#refusals = 0;
    };
    const isNear = before?.isNear || last - next < NEAR_MESSAGES;
    this.#consumer = isNear ? this.#followLive(next, onCreated) : this.#catchUp(next, onCreated);
  }

  /** True if the consumer has missed nothing: it receives its heartbeats. */
  get isAlive(): boolean {
    const { lastMessageAt = Number.NEGATIVE_INFINITY } = this.#consumer ?? {};
    return performance.now() - lastMessageAt < SILENCE_MS;
  }

  stop(): void {
    this.#consumer?.stop();
    this.#consumer = undefined;
  }

  #followLive(next: number, onCreated: () => void): OrderedConsumer {
    const { link, stream, taken, onMessage: deliver } = this.#options;
    const onMessage = (numbers: DeliveryNumbers, message: NatsMessage) => {
      const isFar = numbers.pending * message.data.length > BEHIND_BYTES;
      deliver(numbers.sequence, message, isFar || consumer.isLate);
    };
    const consumer = new OrderedConsumer({ link, stream, next, onCreated, onMessage, taken });
    return consumer;
  }

  #catchUp(next: number, onCreated: () => void): CatchUp {
    const { onMessage: deliver, ...options } = this.#options;
    const onMessage = (numbers: DeliveryNumbers, message: NatsMessage) => {
      deliver(numbers.sequence, message, numbers.pending > 0);
    };
    return new CatchUp({ ...options, next, onCreated, onMessage });
  }
}

/** Options of {@link OrderedConsumer}. */
interface OrderedConsumerOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** Number of the first message to deliver. */
  readonly next: number;
  readonly onCreated: () => void;
  readonly onMessage: (numbers: DeliveryNumbers, message: NatsMessage) => void;
  readonly taken: () => Promise<void> | undefined;
}

/** One ordered consumer, from its creation to its end. */
class OrderedConsumer {
  /** When the server last sent anything; `-Infinity` once the consumer is lost. */
  lastMessageAt: number = performance.now();
  /** True until the server has answered the request to create it. */
  isStarting = true;
  /** It follows live: no other consumer comes next. */
  readonly isNear = false;
  /** Why the server did not create the consumer; `undefined` if it did, or has not answered yet. */
  refusal: Error | undefined;
  readonly #options: OrderedConsumerOptions;
  readonly #subscription: { unsubscribe(): void };
  /** True while messages arrive that the server sent while this process stood still. */
  isLate = false;
  #delivered = 0;
  #name: string | undefined;
  #isOver = false;

  constructor(options: OrderedConsumerOptions) {
    this.#options = options;
    const { link, stream, next, onCreated } = options;
    const inbox = link.newInbox();
    this.#subscription = link.session.connection.subscribe(inbox, {
      callback: (error, message) => (error === null ? this.#take(message) : this.#lost()),
    });
    const push = { inbox, heartbeatMs: HEARTBEAT_MS };
    addConsumer(link, stream, { next, inactiveMs: INACTIVE_MS, push }).then(
      (name) => {
        this.isStarting = false;
        this.#name = name;
        if (this.#isOver) this.#delete();
        else onCreated();
      },
      (error: Error) => {
        this.isStarting = false;
        this.refusal = error;
        this.#lost();
      },
    );
  }

  stop(): void {
    this.#isOver = true;
    if (!this.#options.link.session.connection.isClosed()) this.#subscription.unsubscribe();
    this.#delete();
  }

  #take(message: NatsMessage): void {
    if (this.#isOver) return;
    const now = performance.now();
    if (now - this.lastMessageAt > STANDSTILL_MS) void this.#becomeLate();
    this.lastMessageAt = now;
    if (message.headers?.code === NATS_CONTROL) return this.#control(message);
    const numbers = deliveryNumbers(message.reply);
    if (numbers === undefined) return;
    if (numbers.delivered !== this.#delivered + 1) return this.#lost();
    this.#delivered = numbers.delivered;
    this.#options.onMessage(numbers, message);
  }

  #control(message: NatsMessage): void {
    // Flow control: the server pauses until the client answers.
    if (message.reply) return void this.#respond(message);
    const stalled = message.headers?.get("Nats-Consumer-Stalled");
    if (stalled) this.#options.link.session.connection.publish(stalled);
    if (Number(message.headers?.get("Nats-Last-Consumer") || 0) > this.#delivered) this.#lost();
  }

  async #becomeLate(): Promise<void> {
    this.isLate = true;
    try {
      // The server answers after all that it has sent before.
      await this.#options.link.session.connection.flush();
    } catch {
      // The connection broke. Another consumer follows.
    }
    this.isLate = false;
  }

  async #respond(message: NatsMessage): Promise<void> {
    const taken = this.#options.taken();
    if (taken !== undefined) await taken;
    if (!this.#isOver) message.respond();
  }

  /** Ends the consumer: it missed a message, or it failed. */
  #lost(): void {
    this.#isOver = true;
    this.lastMessageAt = Number.NEGATIVE_INFINITY;
  }

  #delete(): void {
    const { link, stream } = this.#options;
    if (this.#name !== undefined) deleteConsumer(link, stream, this.#name);
  }
}
