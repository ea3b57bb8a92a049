import { ignore, type OnFailure } from "../../base/errors/guard.ts";
import { isAbortError } from "../../base/errors/thrown.ts";
import { hasMethod } from "../../base/has-method.ts";
import { isReadableStream } from "./source.ts";

/** The part of a Node `Readable` that Sluice uses. */
export interface NodeReadable extends AsyncIterable<unknown> {
  destroy(): unknown;
  on(event: "error", listener: () => void): unknown;
  listeners(event: "error"): readonly unknown[];
}

/**
 * Releases a value that the user passed and that nothing will read: ends an iterable with `return()`, destroys a
 * `Readable`, cancels a `ReadableStream` or the body of a `Response`, and waits for a promise to do the same with its
 * result. Leaves functions and subscriptions alone: they hold nothing yet. Never throws; `onFailure` receives failures.
 */
export function discard(value: unknown, onFailure: OnFailure): void {
  release(value, onFailure).catch((error) => {
    if (!isAbortError(error)) onFailure(error);
  });
}

async function release(value: unknown, onFailure: OnFailure): Promise<void> {
  if (typeof value !== "object" || value === null || hasMethod(value, "openFeed")) return;
  if (hasMethod(value, "then")) return discard(await value, onFailure);
  if (isNodeReadable(value)) {
    ignoreErrors(value);
    value.destroy();
  } else if (isReadableStream(value)) {
    // Cancelling a locked stream is up to its reader.
    if (!value.locked) await value.cancel();
  } else if (hasMethod(value, Symbol.asyncIterator)) {
    await (value as AsyncIterable<unknown>)[Symbol.asyncIterator]().return?.();
  } else {
    discard((value as { body?: unknown }).body, onFailure);
  }
}

/**
 * Keeps an error of a Node `Readable` from ending the process while nothing reads it: before the first read, and after
 * the last. Does nothing with other values.
 */
export function ignoreErrors(value: unknown): void {
  if (isNodeReadable(value) && !value.listeners("error").includes(ignore)) value.on("error", ignore);
}

/** Returns true if the value is a `Readable` of Node, or of a library that imitates it. */
export function isNodeReadable(value: unknown): value is NodeReadable {
  return ["pipe", "destroy", "read", "on", "listeners"].every((name) => hasMethod(value, name));
}
