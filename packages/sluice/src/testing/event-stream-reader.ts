import type { AsyncClosable } from "../base/async-closable.ts";
import { checkFunction, checkNumber } from "../base/checks/check-option.ts";
import { createParser, type ParsedEvent, type Parser } from "../protocol/parser.ts";
import { inTime } from "./time-limit.ts";

/** Arguments of a reader besides the response. */
interface ReaderSetup {
  readonly controller: AbortController;
  readonly lastEventId: string;
  readonly timeout: number;
}

/**
 * A reader of an open event stream, event by event. It reads from the connection only when its methods are called, so a
 * test can be a slow reader. `comments`, `retry` and `lastEventId` cover the bytes that were read so far.
 */
export class EventStreamReader implements AsyncIterable<ParsedEvent>, AsyncClosable {
  readonly response: Response;
  /** The comments that were read so far, without their colon. */
  readonly comments: string[] = [];
  /** The newest reconnection time, in ms; `undefined` before the first. */
  retry: number | undefined;
  readonly #controller: AbortController;
  readonly #timeout: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser: Parser;
  readonly #events: ParsedEvent[] = [];
  /** The read in flight. If a caller's time limit ends first, the next call receives the bytes of this read. */
  #reading: Promise<void> | undefined;
  #hasEnded = false;

  /** @internal Use `readEventStream()`. */
  constructor(response: Response, { controller, lastEventId, timeout }: ReaderSetup) {
    this.response = response;
    this.#controller = controller;
    this.#timeout = timeout;
    // A `Response` without a body is a stream that has ended.
    this.#reader = (response.body ?? (new Response("").body as ReadableStream<Uint8Array>)).getReader();
    // The body of a `Response` that the test has made does not know the signal.
    controller.signal.addEventListener("abort", () => void this.#reader.cancel().catch(() => undefined));
    this.#parser = createParser({
      lastEventId,
      onEvent: (event) => this.#events.push(event),
      onComment: (text) => this.comments.push(text),
      onRetry: (ms) => {
        this.retry = ms;
      },
    });
  }

  /** The position that a reconnect would send as `Last-Event-ID`. */
  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  /**
   * Resolves to the next event, or to the next event for which `predicate` returns true; earlier events are dropped.
   * Rejects if the event does not come in time, if the stream ends before it, or if the connection is cut.
   */
  async next(predicate: (event: ParsedEvent) => boolean = () => true): Promise<ParsedEvent> {
    checkFunction("predicate", predicate);
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

  /** Resolves to the next `count` events. Rejects like {@link next}; the time limit holds for each event. */
  async take(count: number): Promise<ParsedEvent[]> {
    checkNumber("count", count, 0, { whole: true });
    const events: ParsedEvent[] = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }

  /**
   * Resolves to all further events when the stream has ended. Rejects if the stream does not end in time, or if the
   * connection is cut.
   */
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

  /** Iterates over all further events, without a time limit. Leaving the loop closes the stream. */
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

  /** Closes the connection, as a client that leaves does. A second call does nothing. */
  async close(): Promise<void> {
    this.#hasEnded = true;
    this.#events.length = 0;
    this.#controller.abort();
    await this.#reader.cancel().catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Resolves to the next event, or to `undefined` at the end. Concurrent calls receive their events in call order. */
  async #shift(deadline: number, expected: () => string): Promise<ParsedEvent | undefined> {
    while (this.#events.length === 0 && !this.#hasEnded) {
      this.#reading ??= this.#read();
      await inTime(deadline - performance.now(), this.#reading, expected);
    }
    return this.#events.shift();
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#reader.read();
      if (!done) return this.#parser.push(value);
      // `close()` also aborts the signal.
      if (!this.#hasEnded) this.#controller.signal.throwIfAborted();
      this.#hasEnded = true;
    } finally {
      this.#reading = undefined;
    }
  }
}
