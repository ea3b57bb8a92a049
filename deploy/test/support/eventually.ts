import { until } from "../../../packages/sluice/test/support/until.ts";

/** A long limit for busy machines, on which several proxies start at a time. */
const DEADLINE_MS = 40_000;

/** Resolves once `condition` holds. Rejects with a message that contains `what` if it does not hold within 40 s. */
export function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  return until(what, condition, DEADLINE_MS);
}
