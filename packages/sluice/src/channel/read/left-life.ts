import { ignore } from "../../base/errors/guard.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import type { ChannelLog } from "../../logs/log.ts";

/** Less than any offset. */
const NOTHING_KEPT = -1;

/** Why positions of a life do not hold any more. */
export type LossReason = "other-epoch" | "deleted";

/**
 * Returns the offset up to which positions of an epoch mean the same entries in the log's life; -1 if none of them do.
 */
export function lastHeld(log: ChannelLog, epoch: string): number {
  return log.holds(epoch) ?? NOTHING_KEPT;
}

/** Returns why positions of an epoch do not hold any more, as far as this process knows. */
export function lossReason(log: ChannelLog, epoch: string): LossReason {
  const wasDeleted = log.wasDeleted?.(epoch);
  // The log looks the epoch up in its store: this process has not seen the life end.
  if (wasDeleted instanceof Promise) wasDeleted.catch(ignore);
  return wasDeleted === true ? "deleted" : "other-epoch";
}

/**
 * Throws `CLOSED` if the log has left the life of its live log. A live log follows each new life until it closes. An
 * answer that arrives later may belong to a life in which the same offsets mean other events.
 */
export function throwIfLifeLeft({ log, epoch }: { readonly log: ChannelLog; readonly epoch: string }): void {
  if (log.epoch !== epoch) throw new SluiceError("CLOSED", "The channel is closed, and its log has begun a new life.");
}
