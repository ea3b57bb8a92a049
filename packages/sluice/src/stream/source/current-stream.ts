import type { SourceContext } from "../feed.ts";
import type { LazySignal } from "./lazy-signal.ts";

/** The part of `AsyncLocalStorage` that this file uses. Node, Bun and Deno have it, and other runtimes may. */
interface AsyncStorage {
  run<T>(store: LazySignal, callback: () => T): T;
  getStore(): LazySignal | undefined;
}

/** Shared by all copies of the package: a source may iterate over a subscription of another copy. */
const STORAGE: AsyncStorage | undefined = ((globalThis as Record<symbol, unknown>)[Symbol.for("sluice.stream")] ??=
  findStorage()) as AsyncStorage | undefined;

function findStorage(): AsyncStorage | undefined {
  const host = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;
  const hooks = host?.getBuiltinModule?.("node:async_hooks") as
    | { AsyncLocalStorage?: new () => AsyncStorage }
    | undefined;
  return hooks?.AsyncLocalStorage && new hooks.AsyncLocalStorage();
}

/**
 * Runs `callback`, and everything that it starts, as part of the source of a stream. On runtimes without
 * `AsyncLocalStorage` this just runs `callback`.
 */
export function runInStream<T>(context: SourceContext & { readonly life?: LazySignal }, callback: () => T): T {
  // Not the context: timers and connections that a source starts would keep its request in memory.
  return STORAGE === undefined || context.life === undefined ? callback() : STORAGE.run(context.life, callback);
}

/** Returns the signal of the stream whose source is running; `undefined` outside of a source. */
export function currentStreamSignal(): AbortSignal | undefined {
  return STORAGE?.getStore()?.signal;
}
