/** Calls `work` with a value: at once if the value is loaded, else when its promise resolves. */
export function onceLoaded<T, Result>(
  value: T | Promise<T>,
  work: (value: T) => Result,
): Result | Promise<Awaited<Result>> {
  return value instanceof Promise ? (value.then(work) as Promise<Awaited<Result>>) : work(value);
}
