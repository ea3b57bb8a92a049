import { EventEmitter, on } from "node:events";
import { Readable } from "node:stream";
import type { SourceIterable } from "../../src/index.ts";

/** A source that holds something from the moment it is made, not only once it is read. */
export interface HeldSource {
  readonly name: string;
  readonly source: SourceIterable;
  /** True if it still holds it. */
  readonly isHeld: () => boolean;
}

/** Makes one source of each kind that can hold something. */
export function makeHeldSources(): HeldSource[] {
  const emitter = new EventEmitter();
  let isOpen = true;
  let hasReturned = false;
  const web = new ReadableStream({
    cancel() {
      isOpen = false;
    },
  });
  const iterator = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => new Promise<IteratorResult<never>>(() => {}),
    async return() {
      hasReturned = true;
      return { done: true, value: undefined } as const;
    },
  };
  const readable = new Readable({ read() {} });
  return [
    { name: "on(emitter)", source: on(emitter, "tick"), isHeld: () => emitter.listenerCount("tick") > 0 },
    { name: "ReadableStream", source: web, isHeld: () => isOpen },
    { name: "Readable", source: readable, isHeld: () => !readable.destroyed },
    { name: "iterator", source: iterator, isHeld: () => !hasReturned },
  ];
}

/** Makes sources that fail as soon as they are released. */
export function makeFailingSources(): { readonly name: string; readonly source: SourceIterable }[] {
  const failure = (name: string) => new Error(`${name} failed`);
  const iterable = (name: string, release: () => Promise<IteratorResult<never>>) => ({
    name,
    source: {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<never>>(() => {}),
        return: release,
      }),
    },
  });
  return [
    {
      name: "a Readable that errors",
      source: new Readable({
        read() {},
        destroy: (_, done) => void setImmediate(done, failure("Readable")),
      }),
    },
    {
      name: "a ReadableStream whose cancel rejects",
      source: new ReadableStream({ cancel: () => Promise.reject(failure("cancel")) }),
    },
    iterable("return() that rejects", () => Promise.reject(failure("return"))),
    iterable("return() that throws", () => {
      throw failure("return");
    }),
    {
      name: "no iterator",
      source: {
        [Symbol.asyncIterator]() {
          throw failure("iterator");
        },
      },
    },
  ];
}
