import { hasMethod } from "./has-method.ts";

/** Receives what a callback threw, or the reason for which its promise was rejected. Must not throw. */
export type OnFailure = (error: unknown) => void;

/**
 * Calls a callback of the user so that its failure ends nothing: `onFailure` receives the error that it throws, or with
 * which its promise rejects. Returns the result, or `undefined` if the callback threw.
 */
export function callGuarded<Args extends readonly unknown[], Result>(
  callback: (...args: Args) => Result,
  onFailure: OnFailure,
  ...args: Args
): Result | undefined {
  try {
    const result = callback(...args);
    guardResult(result, onFailure);
    return result;
  } catch (error) {
    onFailure(error);
    return undefined;
  }
}

/**
 * Passes on the rejection of a promise whose result nobody awaits. Returns true if `result` is a promise. For hot paths
 * that cannot afford {@link callGuarded}. May throw what a hostile `then` throws when it is read.
 */
export function guardResult(result: unknown, onFailure: OnFailure): boolean {
  if (!hasMethod(result, "then")) return false;
  Promise.resolve(result).catch(onFailure);
  return true;
}

/** Ignores its argument. For failures that concern nobody. */
export function ignore(): void {}
