import { invalidOption } from "../protocol/check-option.ts";
import type { Feed, FeedSource, SourceContext } from "./feed.ts";
import { isReadableStream, readableSource } from "./readable-source.ts";
import { SourceFeed } from "./source-feed.ts";
import type { SseItem } from "./sse-item.ts";

/** Values to stream: an {@link SseItem} says itself what it is, any other value is the data of an event. */
export type SourceIterable = AsyncIterable<unknown>;

/**
 * Where the events of a stream come from: an async iterable, a function that makes one for this stream, or a subscription.
 *
 * The function may be async, and what it throws before there is an iterable is answered as an HTTP error (with the
 * error's `status` or `statusCode` and its `headers`, else 500). `null` says that nothing is left to stream: the answer is 204, which stops
 * EventSource for good.
 */
export type Source<Request = unknown> =
  | SourceIterable
  | FeedSource
  | ((context: SourceContext<Request>) => Made | PromiseLike<Made>);

/** What a source function makes. */
type Made = SourceIterable | FeedSource | null;

/** What opening a source needs of the stream it is for. */
export interface SourceSetup {
  readonly event: string | undefined;
  readonly batchSize: number;
  readonly onError: (error: unknown) => void;
}

/** The context of a source whose abort signal is made only when somebody asks for it: it costs more than the rest. */
export class LazyContext implements SourceContext {
  readonly lastEventId: string | undefined;
  readonly request: unknown;
  #controller: AbortController | undefined;
  #ended: { reason: unknown } | undefined;

  constructor(lastEventId: string | undefined, request: unknown) {
    this.lastEventId = lastEventId;
    this.request = request;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: string): void {
    const error = new DOMException(`The event stream has ended (${reason}).`, "AbortError");
    this.#ended = { reason: error };
    this.#controller?.abort(error);
  }
}

/** Throws `INVALID_OPTION` where a value is no source, before anything is answered. */
export function checkSource(source: unknown): asserts source is Source {
  if (typeof source === "function" || hasMethod(source, "openFeed") || isIterable(source)) return;
  throw invalidOption("source", "an async iterable, a function that makes one, or a subscription", source);
}

/** Makes the feed of a stream; `null` for nothing left to stream. */
export function openSource(
  source: Source,
  context: LazyContext,
  setup: SourceSetup,
): Feed | null | Promise<Feed | null> {
  const made = typeof source === "function" ? source(context as SourceContext<unknown> as never) : source;
  return hasMethod(made, "then") ? Promise.resolve(made as PromiseLike<Made>).then(feed) : feed(made);

  function feed(made: unknown): Feed | null | Promise<Feed | null> {
    if (made === null) return null;
    if (hasMethod(made, "openFeed")) return (made as FeedSource).openFeed(context);
    if (!isIterable(made))
      throw invalidOption("what the source function returns", "an async iterable, a subscription, or null", made);
    const abort = (reason: string) => context.abort(reason);
    return new SourceFeed(readableSource(made), { ...setup, abort });
  }
}

/** Streams of the Streams standard have an iterator of their own only in newer runtimes. */
function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return hasMethod(value, Symbol.asyncIterator) || isReadableStream(value);
}

function hasMethod(value: unknown, name: PropertyKey): boolean {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as Record<PropertyKey, unknown>)[name] === "function"
  );
}
