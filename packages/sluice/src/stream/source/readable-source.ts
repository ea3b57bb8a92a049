import { ignoreErrors, isNodeReadable, type NodeReadable } from "./discard.ts";
import { isReadableStream } from "./source.ts";

/**
 * Wraps a readable stream in an async iterable whose `return` cancels the stream at once. The stream's own iterator
 * makes `return` wait for a pending `next`, which never resolves on a quiet stream. Returns any other iterable
 * unchanged.
 */
export function readableSource(source: AsyncIterable<unknown>): AsyncIterable<unknown> {
  if (isReadableStream(source)) return { [Symbol.asyncIterator]: () => readerIterator(source.getReader()) };
  if (isNodeReadable(source)) {
    // Its own iterator listens to errors only from the first `next()` on, and not after the end.
    ignoreErrors(source);
    return { [Symbol.asyncIterator]: () => destroyingIterator(source) };
  }
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
        // After `return`, "Premature close" is expected.
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
