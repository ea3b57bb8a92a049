import { SluiceError } from "../../base/errors/sluice-error.ts";
import type { ChannelLog } from "../../logs/log.ts";

/**
 * Throws `CLOSED` if the log has left the life of its live log. A live log follows each new life until it closes. An
 * answer that arrives later may belong to a life in which the same offsets mean other events.
 */
export function throwIfLifeLeft({ log, epoch }: { readonly log: ChannelLog; readonly epoch: string }): void {
  if (log.epoch !== epoch) throw new SluiceError("CLOSED", "The channel is closed, and its log has begun a new life.");
}
