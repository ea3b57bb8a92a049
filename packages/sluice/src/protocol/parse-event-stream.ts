import { createParser, type ParsedEvent, type ParserOptions } from "./parser.ts";

/** A source of bytes or text: the body of a `Response`, a Node stream, or another async iterable. */
export type EventStreamSource = ReadableStream<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/** The common form of both kinds of source. */
interface Chunks {
  next: () => Promise<IteratorResult<Uint8Array | string, unknown>>;
  return?: () => Promise<unknown>;
}

/** Options of {@link parseEventStream}: those of a parser without `onEvent`, and a signal. */
export interface ParseEventStreamOptions extends Omit<ParserOptions, "onEvent"> {
  /**
   * If it aborts, the iterator throws the signal's reason at once, even while it waits for the source. Default: none.
   */
  signal?: AbortSignal | undefined;
}

/**
 * Iterates over the events of one event stream. The iteration ends when the source ends. If it ends sooner (`break`,
 * abort, an event too large), it cancels the source.
 *
 * @example
 * for await (const { type, data } of parseEventStream(response.body)) console.log(type, data);
 * @throws {SluiceError} `INVALID_OPTION`, `EVENT_TOO_LARGE`. The iterator throws them, and the errors of the source.
 */
export async function* parseEventStream(
  source: EventStreamSource,
  { signal, ...options }: ParseEventStreamOptions = {},
): AsyncGenerator<ParsedEvent, void, undefined> {
  const events: ParsedEvent[] = [];
  const parser = createParser({ ...options, onEvent: (event) => events.push(event) });
  // Not every browser can iterate a `ReadableStream`, and a reader can be cancelled while a read is pending.
  const reader = (source as Partial<ReadableStream<Uint8Array | string>>).getReader?.();
  let chunks: Chunks | undefined = reader
    ? { next: () => reader.read(), return: () => reader.cancel(signal?.reason) }
    : (source as AsyncIterable<Uint8Array | string>)[Symbol.asyncIterator]();
  let abort: (reason: unknown) => void;
  const onAbort = () => abort?.(signal!.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    while (true) {
      // Not `Promise.race` with an abort promise: that promise would collect a reaction for each read until the end.
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
        // Also if `push` threw: events that were complete before the error are valid.
        for (const event of events.splice(0)) {
          signal?.throwIfAborted();
          yield event;
        }
      }
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    const closing = chunks?.return?.();
    // Do not wait for it after an abort: a source that is itself waiting may not react until its next chunk, or ever.
    if (signal?.aborted) closing?.catch(() => {});
    else await closing;
  }
}
