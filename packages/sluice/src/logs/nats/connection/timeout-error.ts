import { OutOfReach } from "../../shared/out-of-reach.ts";

/**
 * Returns the error for a task that NATS did not complete within `ms` milliseconds. `task` is a verb with its object.
 */
export function timeoutError(ms: number, task: string): OutOfReach {
  return new OutOfReach(`NATS did not ${task} within ${ms} ms.`);
}
