import type { ReadBudget } from "../../shared/bounds/read-budget.ts";
import type { OutOfReach } from "../../shared/failures/out-of-reach.ts";
import { MAX_BATCH_BYTES, MIN_BATCH_BYTES } from "./nats-reader.ts";

/** Limits of a read: entries, and their bytes. */
export interface ReadLimits {
  readonly events: number;
  readonly bytes: number;
}

/**
 * Runs `read` once the budget has room for one request of it. If NATS is out of reach, the reads that wait fail, too:
 * else each of them would wait for its own timeout.
 */
export async function withinBudget<T>(
  budget: ReadBudget,
  { events, bytes }: ReadLimits,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await budget.use(Math.min(bytes, events * MIN_BATCH_BYTES, MAX_BATCH_BYTES), read);
  } catch (error) {
    if ((error as Partial<OutOfReach>).outage !== undefined) budget.fail(error);
    throw error;
  }
}
