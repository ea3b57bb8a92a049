import { createParser, type ParsedEvent, type Parser } from "../protocol/parser.ts";
import { within } from "./time-limit.ts";

/** What a reader needs besides the response. */
interface ReaderSetup {
  readonly controller: AbortController;
  readonly lastEventId: string;
  readonly timeout: number;
}

/**
 * An open event stream, read event by event. It reads only when it is asked to, so that it can be a slow reader; comments, the
 * reconnection time and the last event ID are known as far as it has read.
 */
export class EventStreamReader implements AsyncIterable<ParsedEvent>, AsyncDisposable {
  readonly response: Response;
  /** The comments so far, without their colon. */
  readonly comments: string[] = [];
  /** The reconnection time that the server told last, in ms. */
  retry: number | undefined;
  readonly #controller: AbortController;
  readonly #timeout: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser: Parser;
  readonly #events: ParsedEvent[] = [];
  /** The read that is under way. It is kept when one gives up waiting: what it brings is for the next who asks. */
  #reading: Promise<void> | undefined;
  #hasEnded = false;

  /** @internal Use `openEventStream()`. */
  constructor(response: Response, { controller, lastEventId, timeout }: ReaderSetup) {
    this.response = response;
    this.#controller = controller;
    this.#timeout = timeout;
    this.#reader = (response.body as ReadableStream<Uint8Array>).getReader();
    this.#parser = createParser({
      lastEventId,
      onEvent: (event) => this.#events.push(event),
      onComment: (text) => this.comments.push(text),
      onRetry: (ms) => {
        this.retry = ms;
      },
    });
  }

  /** What a reconnect would send as `Last-Event-ID`, as far as it has read. */
  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  /**
   * The next event, or the next that a predicate takes; those before it are dropped. Rejects when it does not come in time, when the
   * stream ends before, and when the connection is cut.
   */
  async next(predicate: (event: ParsedEvent) => boolean = () => true): Promise<ParsedEvent> {
    const dropped: string[] = [];
    const expected = () => `Expected an event${dropped.length === 0 ? "" : ` (and dropped: ${dropped.join(", ")})`}`;
    const deadline = performance.now() + this.#timeout;
    for (;;) {
      const event = await this.#shift(deadline, expected);
      if (event === undefined) throw new Error(`${expected()}, but the event stream has ended.`);
      if (predicate(event)) return event;
      dropped.push(event.type);
    }
  }

  /** The next `count` events. Rejects like {@link next}, which has the time limit for each of them. */
  async take(count: number): Promise<ParsedEvent[]> {
    const events: ParsedEvent[] = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }

  /** All events that are left, once the stream has ended. Rejects when it does not end in time, or the connection is cut. */
  async rest(): Promise<ParsedEvent[]> {
    const events: ParsedEvent[] = [];
    const deadline = performance.now() + this.#timeout;
    const expected = () => `Expected the end of the event stream after ${events.length} events`;
    for (;;) {
      const event = await this.#shift(deadline, expected);
      if (event === undefined) return events;
      events.push(event);
    }
  }

  /** Iterates without a time limit, to the end of the stream; leaving the loop closes it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ParsedEvent, void, undefined> {
    try {
      for (;;) {
        const event = await this.#shift(Number.POSITIVE_INFINITY, () => "");
        if (event === undefined) return;
        yield event;
      }
    } finally {
      await this.close();
    }
  }

  /** Goes away like a client that closes its connection. Closing twice does nothing. */
  async close(): Promise<void> {
    this.#hasEnded = true;
    this.#events.length = 0;
    this.#controller.abort();
    await this.#reader.cancel().catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The next event; `undefined` at the end. Those who ask at the same time get theirs in the order of asking. */
  async #shift(deadline: number, expected: () => string): Promise<ParsedEvent | undefined> {
    while (this.#events.length === 0 && !this.#hasEnded) {
      this.#reading ??= this.#read();
      await within(deadline - performance.now(), this.#reading, expected);
    }
    return this.#events.shift();
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#reader.read();
      if (done) this.#hasEnded = true;
      else this.#parser.push(value);
    } finally {
      this.#reading = undefined;
    }
  }
}
