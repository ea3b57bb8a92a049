import { invalidOption } from "../../base/checks/check-option.ts";
import { hasMethod } from "../../base/has-method.ts";
import type { FeedSource, SourceContext } from "../feed.ts";
import type { SseItem } from "./sse-item.ts";

/** Values to stream. An {@link SseItem} carries its own fields; any other value is the data of an event. */
export type SourceIterable = AsyncIterable<unknown>;

/**
 * The source of a stream's events: an async iterable, a function that makes one for this stream, or a subscription.
 *
 * The function may be async. If it throws or rejects, the answer is an HTTP error, with the error's `status` or
 * `statusCode`, else 500. A 4xx has the error's message and `headers`, a 5xx only its `retry-after`. If the function
 * returns `null`, nothing is left to stream: the answer is 204, which stops EventSource for good.
 */
export type Source<Request = unknown> =
  | SourceIterable
  | FeedSource
  | ((context: SourceContext<Request>) => Made | PromiseLike<Made>);

/** The result of a source function. */
export type Made = SourceIterable | FeedSource | null;

/** Throws `INVALID_OPTION` if the value is no source. Called before the request is answered. */
export function checkSource(source: unknown): asserts source is Source {
  if (typeof source === "function" || hasMethod(source, "openFeed") || isIterable(source)) return;
  throw invalidOption("source", "an async iterable, a function that makes one, or a subscription", source);
}

/** Returns true if the value is a readable stream of the Streams standard, from any runtime or library. */
export function isReadableStream(source: unknown): source is ReadableStream<unknown> {
  return typeof (source as ReadableStream | null)?.getReader === "function";
}

/** Returns true if the value can be iterated. Readable streams have an iterator of their own only on newer runtimes. */
export function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return hasMethod(value, Symbol.asyncIterator) || isReadableStream(value);
}
