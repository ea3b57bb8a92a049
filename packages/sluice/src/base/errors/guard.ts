import { hasMethod } from "../has-method.ts";

/** Receives the error that a callback threw, or with which its promise rejected. Must not throw. */
export type OnFailure = (error: unknown) => void;

/**
 * Calls a callback of the user so that its failure ends nothing else. If it throws, or its promise rejects, `onFailure`
 * receives the error. Returns the result, or `undefined` if the callback threw.
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
 * Passes the rejection of a promise that no code awaits to `onFailure`. Returns true if `result` is a promise. For hot
 * paths that cannot afford {@link callGuarded}. May throw: if `then` is a getter that throws, its error.
 */
export function guardResult(result: unknown, onFailure: OnFailure): boolean {
  if (!hasMethod(result, "then")) return false;
  Promise.resolve(result).catch(onFailure);
  return true;
}

/** Does nothing. For failures that need no report. */
export function ignore(): void {}
