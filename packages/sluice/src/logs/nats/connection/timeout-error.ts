import type { OutOfReach } from "../../shared/failures/out-of-reach.ts";
import type { NatsLink } from "./nats-link.ts";

/**
 * Returns the error for a task that NATS did not complete within `ms` milliseconds. `task` is a verb with its object.
 */
export function timeoutError(link: NatsLink, ms: number, task: string): OutOfReach {
  return link.error(`did not ${task} within ${ms} ms`);
}
