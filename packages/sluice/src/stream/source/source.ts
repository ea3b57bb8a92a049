import { invalidOption } from "../../base/check-option.ts";
import type { FeedSource, SourceContext } from "../feed.ts";
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
export type Made = SourceIterable | FeedSource | null;

/** Throws `INVALID_OPTION` where a value is no source, before anything is answered. */
export function checkSource(source: unknown): asserts source is Source {
  if (typeof source === "function" || hasMethod(source, "openFeed") || isIterable(source)) return;
  throw invalidOption("source", "an async iterable, a function that makes one, or a subscription", source);
}

/** Whether it is a stream of the Streams standard, by whatever runtime or library. */
export function isReadableStream(source: unknown): source is ReadableStream<unknown> {
  return typeof (source as ReadableStream | null)?.getReader === "function";
}

/** Streams of the Streams standard have an iterator of their own only in newer runtimes. */
export function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return hasMethod(value, Symbol.asyncIterator) || isReadableStream(value);
}

export function hasMethod(value: unknown, name: PropertyKey): boolean {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as Record<PropertyKey, unknown>)[name] === "function"
  );
}
