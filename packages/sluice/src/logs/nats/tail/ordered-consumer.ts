import type { NatsLink, NatsMessage } from "../connection/nats-link.ts";
import { addConsumer, deleteConsumer } from "../read/consumer.ts";
import { type DeliveryNumbers, deliveryNumbers } from "../read/message.ts";

/** The server's heartbeat on an idle stream, in ms. After three missed heartbeats the consumer counts as lost. */
const HEARTBEAT_MS = 1_000;
export const SILENCE_MS: number = 3 * HEARTBEAT_MS;
/** After such a silence this process has stood still, and the connection may have much for it. */
const STANDSTILL_MS = 1.5 * HEARTBEAT_MS;
/** The server deletes a consumer after this time without a reader, in ms. */
const INACTIVE_MS = 10_000;
const NATS_CONTROL = 100;

/** Options of {@link OrderedConsumer}. */
export interface OrderedConsumerOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** Number of the first message to deliver. */
  readonly next: number;
  readonly onCreated: () => void;
  readonly onMessage: (numbers: DeliveryNumbers, message: NatsMessage) => void;
  /** See {@link TailListener.taken}. */
  readonly taken: () => Promise<void> | undefined;
}

/**
 * One ordered consumer (NATS ADR-17), from its creation to its end. The server pushes messages, numbers them, and
 * awaits no acknowledgement. A consumer that missed a message or fell silent must be replaced.
 */
export class OrderedConsumer {
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
