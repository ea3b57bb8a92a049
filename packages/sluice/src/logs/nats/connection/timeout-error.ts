/**
 * Returns the error for a task that NATS did not complete within `ms` milliseconds. `task` is a verb with its object.
 */
export function timeoutError(ms: number, task: string): Error {
  return new Error(`NATS did not ${task} within ${ms} ms.`);
}
