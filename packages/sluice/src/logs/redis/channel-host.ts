import type { AgeTimers } from "../shared/age-checks.ts";
import type { ReadBudget } from "../shared/bounds/read-budget.ts";
import type { ClosedChannel } from "../shared/view/closed-channels.ts";
import type { SharedKeys } from "./channel-keys.ts";
import type { RedisGate } from "./connection/redis-gate.ts";
import type { EntryMark } from "./life/entry-mark.ts";
import type { StoreWitness } from "./life/store-witness.ts";

/** The log that a channel belongs to, as `RedisChannelLog` needs it. */
export interface ChannelHost {
  readonly gate: RedisGate;
  readonly sharedKeys: SharedKeys;
  readonly witness: StoreWitness;
  readonly ageTimers: AgeTimers;
  /** The state that this process had seen when it closed the channel. `undefined`: it does not know of any. */
  readonly before: ClosedChannel<EntryMark | undefined> | undefined;
  /** The budget of bytes of all channels. */
  readonly budget: ReadBudget;
  /** Ends the tail's pause: more was appended than this process knows. */
  hurry(): void;
  /** Called if the tail must read on from another entry: the log entered another life, or is settled again. */
  lifeChanged(): void;
  /** See `RedisTail.hasMissed`. */
  hasMissed(since: number | undefined): boolean;
  /** Called when the channel's log closes. */
  closed(): void;
  onError(error: unknown): void;
}
