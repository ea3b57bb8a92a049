/** The async context of a moment: the stores of `AsyncLocalStorage` that code sees. */
export interface AsyncContext {
  /** Calls the function in this context, and returns its result. */
  runInAsyncScope<Args extends readonly unknown[], T>(
    callback: (...args: Args) => T,
    thisArg?: undefined,
    ...args: Args
  ): T;
}

/** The part of `AsyncLocalStorage` that Sluice uses. */
export interface AsyncStorage<Store> {
  run<T>(store: Store, callback: () => T): T;
  getStore(): Store | undefined;
}

interface AsyncHooks {
  readonly AsyncLocalStorage?: new <Store>() => AsyncStorage<Store>;
  readonly AsyncResource: new (type: string) => AsyncContext;
}

const host = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;
const hooks = host?.getBuiltinModule?.("node:async_hooks") as AsyncHooks | undefined;

/** `AsyncLocalStorage` of Node, Bun, Deno and other runtimes that have it. */
export const AsyncLocalStorage: AsyncHooks["AsyncLocalStorage"] = hooks?.AsyncLocalStorage;

/** Stands for every context where the runtime has none. */
const NONE: AsyncContext = { runInAsyncScope: (callback, _, ...args) => callback(...args) };

/** Returns the context of the caller. */
export function currentContext(): AsyncContext {
  return hooks ? new hooks.AsyncResource("Sluice") : NONE;
}

/** Returns a function that calls `callback` in the context of the present caller. */
export function inCurrentContext<Args extends readonly unknown[], T>(callback: (...args: Args) => T): typeof callback {
  const context = currentContext();
  return (...args) => context.runInAsyncScope(callback, undefined, ...args);
}

const nobody = currentContext();
// This module may be loaded while a request is served. Node keeps the stores of that moment under these symbols, for as
// long as the process runs. On other runtimes the stores remain.
for (const key of Object.getOwnPropertySymbols(nobody))
  if (/^(kResourceStore|context_frame)$/.test(key.description as string)) Reflect.deleteProperty(nobody, key);

/**
 * Runs the callback in the context of nobody, and returns its result. Shared timers, turns, promises and connections
 * begin here: so they keep no request's store in memory. See docs/decisions/044-async-context.md.
 */
export function outside<T>(callback: () => T): T {
  return nobody.runInAsyncScope(callback);
}
