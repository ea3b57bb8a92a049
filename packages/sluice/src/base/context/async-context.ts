/** An async context: the stores of `AsyncLocalStorage` that code sees. */
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

/** The only context of a runtime without async contexts. */
const NONE: AsyncContext = { runInAsyncScope: (callback, _, ...args) => callback(...args) };

/** Returns the context of the caller. */
export function currentContext(): AsyncContext {
  return hooks ? new hooks.AsyncResource("Sluice") : NONE;
}

/** Returns a function that calls `callback` in the context of the current caller. */
export function inCurrentContext<Args extends readonly unknown[], T>(callback: (...args: Args) => T): typeof callback {
  const context = currentContext();
  return (...args) => context.runInAsyncScope(callback, undefined, ...args);
}

const withoutStores = currentContext();
// A request may be the first to load this module. Node would then keep that request's stores under these symbols for as
// long as the process runs. On other runtimes the stores remain.
for (const key of Object.getOwnPropertySymbols(withoutStores))
  if (/^(kResourceStore|context_frame)$/.test(key.description as string)) Reflect.deleteProperty(withoutStores, key);

/**
 * Runs the callback in a context without stores, and returns its result. Start shared timers, turns, promises and
 * connections with it, so that they keep no request's store in memory. See docs/decisions/044-async-context.md.
 */
export function outside<T>(callback: () => T): T {
  return withoutStores.runInAsyncScope(callback);
}
