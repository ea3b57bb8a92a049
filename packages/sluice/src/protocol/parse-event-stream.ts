import { createParser, type ParsedEvent, type ParserOptions } from "./parser.ts";

/** What an event stream is read from: the body of a `Response`, a Node stream, whatever gives its bytes or its text. */
export type EventStreamSource = ReadableStream<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/** What the two kinds of source have in common. */
interface Chunks {
  next: () => Promise<IteratorResult<Uint8Array | string, unknown>>;
  return?: () => Promise<unknown>;
}

/** The options of a parser; but the events come out of the iterator. */
export interface ParseEventStreamOptions extends Omit<ParserOptions, "onEvent"> {
  /** When it aborts, the iterator throws the signal's reason, at once even while it waits for the source. */
  signal?: AbortSignal | undefined;
}

/**
 * The events of one event stream, for `for await`. Ends when the source ends; when it ends sooner (a `break`, an abort,
 * an event too large), the source is cancelled, or returned.
 *
 * @example
 * for await (const { type, data } of parseEventStream(response.body)) console.log(type, data);
 * @throws {SluiceError} `INVALID_OPTION`, `EVENT_TOO_LARGE`; and whatever the source throws, all from the iterator.
 */
export async function* parseEventStream(
  source: EventStreamSource,
  { signal, ...options }: ParseEventStreamOptions = {},
): AsyncGenerator<ParsedEvent, void, undefined> {
  const events: ParsedEvent[] = [];
  const parser = createParser({ ...options, onEvent: (event) => events.push(event) });
  // A reader, because not every browser can iterate a `ReadableStream`, and because it can be cancelled while it waits.
  const reader = "getReader" in source ? source.getReader() : undefined;
  let chunks: Chunks | undefined = reader
    ? { next: () => reader.read(), return: () => reader.cancel(signal?.reason) }
    : (source as AsyncIterable<Uint8Array | string>)[Symbol.asyncIterator]();
  let abort: (reason: unknown) => void;
  const onAbort = () => abort?.(signal!.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    while (true) {
      // Not `Promise.race` with a promise for the abort: that one would gather every read's reactions until the end.
      const chunk = await new Promise<IteratorResult<Uint8Array | string, unknown>>((resolve, reject) => {
        abort = reject;
        signal?.throwIfAborted();
        chunks!.next().then(resolve, reject);
      });
      if (chunk.done) {
        chunks = undefined;
        return;
      }
      try {
        parser.push(chunk.value);
      } finally {
        // Also when it threw: what was complete before is still an event.
        for (const event of events.splice(0)) {
          signal?.throwIfAborted();
          yield event;
        }
      }
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    const closing = chunks?.return?.();
    // A source that is waiting itself may hear of this only when it gets something, which may be never.
    if (signal?.aborted) closing?.catch(() => {});
    else await closing;
  }
}
