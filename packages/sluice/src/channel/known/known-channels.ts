import { RetryLaterError } from "../../base/errors/retry-later-error.ts";
import type { SluiceError } from "../../base/errors/sluice-error.ts";

/** A channel as {@link KnownChannels} uses it. */
export interface KnownChannel {
  readonly name: string;
  /** The open channel, and whether it is being opened. */
  readonly opened: {
    readonly value: { readonly uses: number; readonly isUnused: boolean } | undefined;
    readonly isPending: boolean;
  };
  close(): Promise<void>;
  /** Forgets the open channel, which is closing. The next use opens it again after that. */
  abandon(closing: Promise<void>): void;
}

/** Closes and forgets channels. */
export interface ChannelKeeper {
  /** Makes the closed channel of this name known again, if the program still has it. Throws `TOO_MANY_CHANNELS`. */
  recall(name: string): void;
  /** Makes a channel known that is about to be opened. Throws `TOO_MANY_CHANNELS` and `CLOSED`. */
  enter(channel: KnownChannel): void;
  /** Forgets a channel that has closed, unless it is used again already. */
  forget(channel: KnownChannel): void;
  stop(): void;
}

/** The channels of a Sluice that were made and have not closed. */
export interface KnownChannels {
  /** By name. */
  readonly channels: Map<string, KnownChannel>;
  readonly settings: {
    /** See {@link SluiceOptions.maxChannels}. */
    readonly maxChannels: number;
    /** See {@link SluiceOptions.idleTimeout}. */
    readonly idleTimeout: number;
  };
  /** Set when the first channel is opened or closed, or refused. */
  keeper?: ChannelKeeper;
}

/** Returns the error for a channel beyond `maxChannels`. A request is answered with 503. */
export function tooManyChannels(name: string): SluiceError {
  return new RetryLaterError("TOO_MANY_CHANNELS", `Channel "${name}" is beyond \`maxChannels\`.`);
}
