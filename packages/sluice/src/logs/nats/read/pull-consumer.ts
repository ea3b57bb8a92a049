import { BrokenLink } from "../connection/nats-errors.ts";
import type { NatsLink, NatsMessage } from "../connection/nats-link.ts";
import { deleteConsumer } from "./consumer.ts";
import { type DeliveryNumbers, deliveryNumbers } from "./message.ts";

const NATS_NO_RESPONDERS = 503;
const NATS_CONFLICT = 409;
/**
 * A server that just failed or came back may never answer a request. This leaves time for other requests within the
 * log's timeout.
 */
const REQUESTS_PER_TIMEOUT = 3;

/** Options of {@link PullConsumer}. */
export interface PullConsumerOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** Name of the consumer on the server. */
  readonly consumer: string;
  /** The log's timeout, in ms. */
  readonly timeout: number;
}

/** Limits of one request for messages. */
export interface RequestLimits {
  readonly batch: number;
  /** `undefined`: no limit. */
  readonly bytes?: number;
}

/** A consumer that delivers messages on request only. Only one request at a time. Stop it after an error. */
export class PullConsumer {
  readonly #options: PullConsumerOptions;
  readonly #inbox: string;
  /** How long a request waits for the next message, in ms. */
  readonly #patience: number;
  readonly #subscription: { unsubscribe(): void };
  #onMessage: ((message: NatsMessage) => void) | undefined;
  /** Ends the request in flight. */
  #reject: ((error: Error) => void) | undefined;

  constructor(options: PullConsumerOptions) {
    const { link, timeout } = options;
    this.#options = options;
    this.#patience = timeout / REQUESTS_PER_TIMEOUT;
    this.#inbox = link.newInbox();
    this.#subscription = link.session.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#onMessage?.(message);
      },
    });
  }

  /**
   * Requests the messages that the stream has now. Resolves after the last one, to false if the first message was
   * larger than `bytes`.
   */
  async request(
    { batch, bytes }: RequestLimits,
    onMessage: (numbers: DeliveryNumbers, message: NatsMessage) => void,
  ): Promise<boolean> {
    const { link, stream, consumer } = this.#options;
    const subject = `${link.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    let received = 0;
    let lastMessageAt = performance.now();
    let timer: ReturnType<typeof setInterval> | undefined;
    const answer = new Promise<boolean>((resolve, reject) => {
      this.#reject = reject;
      timer = setInterval(() => {
        if (performance.now() - lastMessageAt > this.#patience) reject(new BrokenLink("NATS does not answer."));
      }, this.#patience / 2);
      this.#onMessage = (message) => {
        lastMessageAt = performance.now();
        const status = message.headers?.code ?? 0;
        if (status === NATS_NO_RESPONDERS) return reject(new BrokenLink("NATS deleted the consumer."));
        // Any status ends the request: there are no more messages, or they exceed `bytes`.
        if (status !== 0) return resolve(status !== NATS_CONFLICT || received > 0);
        const numbers = deliveryNumbers(message.reply);
        if (numbers === undefined) return;
        onMessage(numbers, message);
        if (++received === batch || numbers.pending === 0) resolve(true);
      };
    });
    const request = { batch, no_wait: true, ...(bytes === undefined ? {} : { max_bytes: bytes }) };
    link.session.connection.publish(subject, JSON.stringify(request), { reply: this.#inbox });
    try {
      return await link.whileUp(answer);
    } finally {
      clearInterval(timer);
      this.#onMessage = undefined;
    }
  }

  /** Deletes the consumer. A request in flight rejects. */
  stop(): void {
    this.#onMessage = undefined;
    this.#reject?.(new BrokenLink("The consumer is stopped."));
    const { link, stream, consumer } = this.#options;
    if (!link.session.connection.isClosed()) this.#subscription.unsubscribe();
    deleteConsumer(link, stream, consumer);
  }
}
