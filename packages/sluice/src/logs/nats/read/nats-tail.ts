import type { NatsLink, NatsMessage } from "../connection/nats-link.ts";
import { addConsumer, deleteConsumer } from "./consumer.ts";
import { deliveryNumbers } from "./message.ts";

/** The server's heartbeat on an idle stream, in ms. After three missed heartbeats the consumer counts as lost. */
const HEARTBEAT_MS = 1_000;
const SILENCE_MS = 3 * HEARTBEAT_MS;
/** The server deletes a consumer after this time without a reader, in ms. */
const INACTIVE_MS = 10_000;
const NATS_CONTROL = 100;
/** Refusals in a row after which the tail counts as failed. A stream without a leader refuses for a moment. */
const MAX_REFUSALS = 2;

/** Options of {@link NatsTail}. */
export interface NatsTailOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** Receives each message of the stream, with its number. */
  readonly onMessage: (sequence: number, message: NatsMessage) => void;
  /**
   * Called with the error if the server repeatedly refuses the consumer, and with `undefined` once it accepts one. Not
   * called while the connection is broken.
   */
  readonly onFailure: (error: Error | undefined) => void;
}

/**
 * Follows a stream with an ordered consumer (NATS ADR-17): messages are numbered and not acknowledged. A consumer that
 * misses a message or falls silent must be replaced from the same position. The tail does this only in {@link follow}:
 * its owner must first check that the stream is still the same.
 */
export class NatsTail {
  readonly #options: NatsTailOptions;
  #consumer: OrderedConsumer | undefined;
  #refusals = 0;

  constructor(options: NatsTailOptions) {
    this.#options = options;
  }

  /**
   * Follows the stream from message number `next`, unless a consumer already follows it and receives its heartbeats.
   */
  follow(next: number): void {
    // The request to create it has a timeout of its own.
    if (this.#consumer?.isCreating || this.isAlive) return;
    const refusal = this.#consumer?.refusal;
    if (refusal !== undefined && ++this.#refusals === MAX_REFUSALS) this.#options.onFailure(refusal);
    this.stop();
    this.#consumer = new OrderedConsumer(this.#options, next, () => {
      if (this.#refusals >= MAX_REFUSALS) this.#options.onFailure(undefined);
      this.#refusals = 0;
    });
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
}

/** One ordered consumer, from its creation to its end. */
class OrderedConsumer {
  /** When the server last sent anything; `-Infinity` once the consumer is lost. */
  lastMessageAt: number = performance.now();
  isCreating = true;
  /** Why the server did not create the consumer; `undefined` if it did, or has not answered yet. */
  refusal: Error | undefined;
  readonly #options: NatsTailOptions;
  readonly #subscription: { unsubscribe(): void };
  #delivered = 0;
  #name: string | undefined;
  #isOver = false;

  constructor(options: NatsTailOptions, next: number, onCreated: () => void) {
    this.#options = options;
    const { link, stream } = options;
    const inbox = link.newInbox();
    this.#subscription = link.session.connection.subscribe(inbox, {
      callback: (error, message) => (error === null ? this.#take(message) : this.#lost()),
    });
    const push = { inbox, heartbeatMs: HEARTBEAT_MS };
    addConsumer(link, stream, { next, inactiveMs: INACTIVE_MS, push }).then(
      (name) => {
        this.isCreating = false;
        this.#name = name;
        if (this.#isOver) this.#delete();
        else onCreated();
      },
      (error: Error) => {
        this.isCreating = false;
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
    this.lastMessageAt = performance.now();
    if (message.headers?.code === NATS_CONTROL) return this.#control(message);
    const numbers = deliveryNumbers(message.reply);
    if (numbers === undefined) return;
    if (numbers.delivered !== this.#delivered + 1) return this.#lost();
    this.#delivered = numbers.delivered;
    this.#options.onMessage(numbers.sequence, message);
  }

  #control(message: NatsMessage): void {
    // Flow control: the server pauses until the client answers.
    if (message.reply) return void message.respond();
    const stalled = message.headers?.get("Nats-Consumer-Stalled");
    if (stalled) this.#options.link.session.connection.publish(stalled);
    if (Number(message.headers?.get("Nats-Last-Consumer") || 0) > this.#delivered) this.#lost();
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
