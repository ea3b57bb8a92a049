import type { ReadBudget } from "../../shared/bounds/read-budget.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { addConsumer } from "../read/consumer.ts";
import { type DeliveryNumbers, type StreamMessage, storedMessage } from "../read/message.ts";
import { PullConsumer, type RequestLimits } from "../read/pull-consumer.ts";

/** Limits of one request while others wait: the channels of a process take turns. */
const REQUEST_LIMITS = { batch: 1_000, bytes: 262_144 };
/** Limits of one request while none waits. A busy process receives the answer to one request per turn. */
const LONE_REQUEST_LIMITS = { batch: 4_000, bytes: 2_097_152 };
/**
 * Requests that share the budget. NATS interleaves their messages. The more there are, the longer each message is
 * needed, and the more of them V8 moves to its old space, where they stay for long.
 */
const REQUESTS_AT_A_TIME = 2;
/** So few messages are requested one by one, without a consumer. */
const FEW_MESSAGES = 4;
/** The server's default limit of a message, in bytes. */
const DEFAULT_PAYLOAD_BYTES = 1_048_576;
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
  /** Number of the stream's last message, as far as the process knows. */
  readonly last: number;
  /** It ends if the stream has no more bytes than this, by the size of the last message. */
  readonly nearBytes: number;
  /** Called when the server has answered for the first time. */
  readonly onAnswer: () => void;
  /** `isBehind`: more messages follow in the stream. */
  readonly onMessage: (sequence: number, message: StreamMessage, isBehind: boolean) => void;
  /** See {@link NatsTailOptions.awaited}. */
  readonly awaited: () => number;
  /** See {@link TailListener.taken}. */
  readonly taken: () => Promise<void> | undefined;
  /** Called when it ends by itself. `isComplete`: it received everything, but for `nearBytes`. */
  readonly onEnd: (isComplete: boolean) => void;
}

/** Requests the messages that a process has missed, as the budget of the process allows. */
export class CatchUp {
  /** True until it ends. */
  isStarting = true;
  /** True while the server answers a request. */
  isRequesting = false;
  /** When the server last sent anything; `-Infinity` once the messages are lost. */
  lastMessageAt: number = performance.now();
  /** Why the server did not answer; `undefined` if it did, or has not yet. */
  refusal: Error | undefined;
  readonly next: number;
  readonly #options: CatchUpOptions;
  #consumer: PullConsumer | undefined;
  #delivered = 0;
  #isNear = false;
  #isUnanswered = false;
  #isOver = false;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.next = options.next;
    void this.#run();
  }

  /** True if a consumer that pushes messages may come next: few are left, or the server answers no requests. */
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
    const { next, last, onEnd } = this.#options;
    try {
      if (last - next < FEW_MESSAGES) await this.#requestEach();
      else await this.#pullAll();
    } catch {
      // The connection broke, or the server does not answer. The next check of the log decides how to go on.
      this.#lost();
    }
    const isStopped = this.#isOver;
    this.stop();
    if (!isStopped || this.lastMessageAt === Number.NEGATIVE_INFINITY) onEnd(this.#isNear);
  }

  async #requestEach(): Promise<void> {
    const { link, stream, budget, next, last, onAnswer, onMessage } = this.#options;
    const most = link.session.connection.info?.max_payload ?? DEFAULT_PAYLOAD_BYTES;
    for (let sequence = next; sequence <= last && !this.#isOver; sequence++) {
      await budget.use(most, () =>
        this.#request(async () => {
          const message = await link.session.jsm.streams.getMessage(stream, { seq: sequence });
          if (this.#isOver) return;
          if (sequence === next) onAnswer();
          if (message !== null) onMessage(sequence, storedMessage(message), false);
        }),
      );
    }
    this.#isNear = true;
  }

  async #pullAll(): Promise<void> {
    const { link, stream, timeout, next, onAnswer } = this.#options;
    try {
      const consumer = await addConsumer(link, stream, { next, inactiveMs: INACTIVE_MS });
      this.#consumer = new PullConsumer({ link, stream, consumer, timeout });
      if (this.#isOver) this.#consumer.stop();
      else onAnswer();
    } catch (error) {
      this.refusal = error as Error;
      throw error;
    }
    while (!this.#isOver && !this.#isNear) await this.#pull(this.#consumer);
  }

  async #pull(consumer: PullConsumer): Promise<void> {
    const { link, budget } = this.#options;
    const share = budget.limit / REQUESTS_AT_A_TIME;
    const limits = () => {
      const { batch, bytes } = budget.isExhausted ? REQUEST_LIMITS : LONE_REQUEST_LIMITS;
      return { batch, bytes: Math.floor(Math.min(share, bytes)) };
    };
    // If the first message is larger than the limit, request that message alone.
    if (await this.#pullOnce(consumer, share, limits)) return;
    const largest = link.session.connection.info?.max_payload ?? budget.limit;
    await this.#pullOnce(consumer, Math.max(largest, share), () => ({ batch: 1 }));
  }

  /** Requests messages within the budget. Returns false if the first one was larger than the limit. */
  #pullOnce(consumer: PullConsumer, bytes: number, limits: () => RequestLimits): Promise<boolean> {
    const { budget, awaited } = this.#options;
    return budget.use(bytes, () =>
      this.#request(async () => {
        if (this.#isOver) return true;
        let isWithin = await this.#requestOnce(consumer, limits());
        // Messages wait in memory for the rest of their append. Another channel first would add its own to them.
        for (let rest = awaited(); isWithin && rest > 0 && !this.#isNear && !this.#isOver; rest = awaited()) {
          isWithin = await this.#requestOnce(consumer, { ...limits(), batch: rest });
        }
        // The bytes stay counted until the subscribers have taken them.
        await this.#options.taken();
        return isWithin;
      }),
    );
  }

  /** Returns false if the first message was larger than the limit. */
  async #requestOnce(consumer: PullConsumer, limits: RequestLimits): Promise<boolean> {
    const before = this.#delivered;
    this.#isUnanswered = before === 0;
    const isWithin = await consumer.request(limits, (numbers, message) => this.#take(numbers, message));
    this.#isUnanswered = false;
    this.lastMessageAt = performance.now();
    // The stream has no more messages.
    if (isWithin && this.#delivered === before) this.#isNear = true;
    return isWithin;
  }

  async #request<T>(work: () => Promise<T>): Promise<T> {
    this.isRequesting = true;
    try {
      return await work();
    } finally {
      this.isRequesting = false;
    }
  }

  /** Ends: the consumer missed a message, or it failed. */
  #lost(): void {
    if (this.#isOver) return;
    this.lastMessageAt = Number.NEGATIVE_INFINITY;
    this.#isNear = false;
    this.stop();
  }

  #take(numbers: DeliveryNumbers, message: StreamMessage): void {
    if (this.#isOver) return;
    if (numbers.delivered !== this.#delivered + 1) return this.#lost();
    this.lastMessageAt = performance.now();
    this.#delivered = numbers.delivered;
    this.#isUnanswered = false;
    this.#isNear = numbers.pending * message.data.length <= this.#options.nearBytes;
    this.#options.onMessage(numbers.sequence, message, numbers.pending > 0);
  }
}
