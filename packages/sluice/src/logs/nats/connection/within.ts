/**
 * Returns the result of `work`. Rejects if `work` takes longer than `ms` milliseconds. The message says that NATS did
 * not `task`.
 */
export async function within<T>(ms: number, task: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeoutError(ms, task)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns the error for a task that NATS did not complete within `ms` milliseconds. `task` is a verb with its object.
 */
export function timeoutError(ms: number, task: string): Error {
  return new Error(`NATS did not ${task} within ${ms} ms.`);
}
