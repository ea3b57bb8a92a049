import { AsyncLocalStorage, type AsyncStorage } from "../../base/context/async-context.ts";
import type { SourceContext } from "../feed.ts";
import type { LazySignal } from "./lazy-signal.ts";

/** Shared by all copies of the package: a source may iterate over a subscription of another copy. */
const STORAGE: AsyncStorage<LazySignal> | undefined = ((globalThis as Record<symbol, unknown>)[
  Symbol.for("sluice.stream")
] ??= AsyncLocalStorage && new AsyncLocalStorage()) as AsyncStorage<LazySignal> | undefined;

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
