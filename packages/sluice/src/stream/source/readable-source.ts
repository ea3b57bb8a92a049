import { isReadableStream } from "./source.ts";

/** What this module needs of a `Readable` of Node. */
interface NodeReadable extends AsyncIterable<unknown> {
  destroy(): unknown;
}

/**
 * An async iterable whose `return` lets go at once, of a readable stream: the iterators that such streams have of their own let `return`
 * wait until a `next` that is under way has something, which for a quiet one is never. Anything else is returned as it is.
 */
export function readableSource(source: AsyncIterable<unknown>): AsyncIterable<unknown> {
  if (isReadableStream(source)) return { [Symbol.asyncIterator]: () => readerIterator(source.getReader()) };
  if (isNodeReadable(source)) return { [Symbol.asyncIterator]: () => destroyingIterator(source) };
  return source;
}

function readerIterator(reader: ReadableStreamDefaultReader<unknown>): AsyncIterator<unknown, undefined> {
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown, undefined>>,
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

function destroyingIterator(readable: NodeReadable): AsyncIterator<unknown, undefined> {
  const iterator = readable[Symbol.asyncIterator]();
  let isDestroyed = false;
  return {
    async next() {
      try {
        return await iterator.next();
      } catch (error) {
        // "Premature close" is what was asked for.
        if (isDestroyed) return { done: true, value: undefined };
        throw error;
      }
    },
    async return() {
      isDestroyed = true;
      readable.destroy();
      return { done: true, value: undefined };
    },
  };
}

function isNodeReadable(source: unknown): source is NodeReadable {
  const { pipe, destroy, read } = source as { pipe?: unknown; destroy?: unknown; read?: unknown };
  return typeof pipe === "function" && typeof destroy === "function" && typeof read === "function";
}
