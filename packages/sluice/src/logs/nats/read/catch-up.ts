import type { ReadBudget } from "../../shared/read-budget.ts";
import type { NatsLink, NatsMessage } from "../connection/nats-link.ts";
import { addConsumer } from "./consumer.ts";
import type { DeliveryNumbers } from "./message.ts";
import { PullConsumer, type RequestLimits } from "./pull-consumer.ts";

/** Limits of one request. The channels of a process take turns, so each request is small. */
const REQUEST_MESSAGES = 1_000;
const REQUEST_BYTES = 262_144;
/**
 * Requests that share the budget. NATS interleaves their messages. The more there are, the longer each message is
 * needed, and the more of them V8 moves to its old space, where they stay for long.
 */
const REQUESTS_AT_A_TIME = 2;
/** A consumer that pushes messages delivers the rest if it has no more bytes than this, by the size of the last one. */
const NEAR_BYTES = 262_144;
/** The server deletes the consumer after this time without a request, in ms. A request may wait for the budget. */
const INACTIVE_MS = 30_000;

/** Options of {@link CatchUp}. */
export interface CatchUpOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** The log's timeout, in ms. */
  readonly timeout: number;
  /** The bytes in flight, over all channels of the process. */
  readonly budget: ReadBudget;
  /** Number of the first missing message. */
  readonly next: number;
  readonly onCreated: () => void;
  readonly onMessage: (numbers: DeliveryNumbers, message: NatsMessage) => void;
  /** See {@link TailListener.taken}. */
  readonly taken: () => Promise<void> | undefined;
  /** Called when nearly all messages have arrived. */
  readonly onNear: () => void;
}

/**
 * Receives the messages that a process has missed, up to almost the end of the stream. A consumer that pushes messages
 * has a window of 2 MiB or more for each channel. This one requests messages as the budget of the process allows.
 */
export class CatchUp {
  /** True until it ends. */
  isStarting = true;
  /** When the server last sent anything; `-Infinity` once the consumer is lost. */
  lastMessageAt: number = performance.now();
  /** Why the server did not create the consumer; `undefined` if it did, or has not answered yet. */
  refusal: Error | undefined;
  readonly #options: CatchUpOptions;
  #consumer: PullConsumer | undefined;
  #delivered = 0;
  #isNear = false;
  #isUnanswered = false;
  #isOver = false;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    void this.#run();
  }

  /** True if a consumer that pushes messages must come next: few are left, or the server answers no requests. */
  get isNear(): boolean {
    return this.#isNear || this.#isUnanswered;
  }

  stop(): void {
    this.#isOver = true;
    this.isStarting = false;
    this.#consumer?.stop();
    this.#consumer = undefined;
  }

  async #run(): Promise<void> {
    const { link, stream, timeout, next, onCreated, onNear } = this.#options;
    try {
      const consumer = await addConsumer(link, stream, { next, inactiveMs: INACTIVE_MS });
      this.#consumer = new PullConsumer({ link, stream, consumer, timeout });
      if (!this.#isOver) onCreated();
    } catch (error) {
      this.refusal = error as Error;
      this.#lost();
    }
    try {
      while (this.#consumer !== undefined && !this.#isOver && !this.#isNear) await this.#pull(this.#consumer);
    } catch {
      // The connection broke, or the server does not answer. The next check of the log decides how to go on.
      this.#lost();
    }
    const isStopped = this.#isOver;
    this.stop();
    if (this.#isNear && !isStopped) onNear();
  }

  async #pull(consumer: PullConsumer): Promise<void> {
    const { link, budget } = this.#options;
    const bytes = budget.part(REQUEST_BYTES);
    // If the first message is larger than `bytes`, request that message alone.
    if (await this.#request(consumer, bytes, { batch: REQUEST_MESSAGES, bytes })) return;
    const largest = link.session.connection.info?.max_payload ?? budget.limit;
    await this.#request(consumer, largest, { batch: 1 });
  }

  /** Requests messages within the budget. Returns false if the first one was larger than the limit. */
  #request(consumer: PullConsumer, bytes: number, limits: RequestLimits): Promise<boolean> {
    return this.#options.budget.use(Math.max(bytes, this.#options.budget.limit / REQUESTS_AT_A_TIME), async () => {
      if (this.#isOver) return true;
      const before = this.#delivered;
      this.#isUnanswered = before === 0;
      const isWithin = await consumer.request(limits, (numbers, message) => this.#take(numbers, message));
      this.#isUnanswered = false;
      this.lastMessageAt = performance.now();
      // The stream has no more messages.
      if (isWithin && this.#delivered === before) this.#isNear = true;
      // The bytes stay counted until the subscribers have taken them.
      await this.#options.taken();
      return isWithin;
    });
  }

  /** Ends: the consumer missed a message, or it failed. */
  #lost(): void {
    this.lastMessageAt = Number.NEGATIVE_INFINITY;
    this.stop();
  }

  #take(numbers: DeliveryNumbers, message: NatsMessage): void {
    if (this.#isOver) return;
    if (numbers.delivered !== this.#delivered + 1) return this.#lost();
    this.lastMessageAt = performance.now();
    this.#delivered = numbers.delivered;
    this.#isUnanswered = false;
    this.#isNear = numbers.pending * message.data.length <= NEAR_BYTES;
    this.#options.onMessage(numbers, message);
  }
}
