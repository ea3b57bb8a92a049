import type { LogEntry } from "../../log.ts";
import type { ReadBudget } from "../../shared/bounds/read-budget.ts";
import type { ClosedChannel } from "../../shared/view/closed-channels.ts";
import type { ChannelNames } from "../channel-names.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import type { FoundStream, NatsStream } from "../stream/nats-stream.ts";
import type { OthersDeletions } from "./delete-channel.ts";
import type { KnownEntry } from "./known-entry.ts";
import type { NatsLives } from "./nats-lives.ts";

/** Parts that a `NatsChannelLife` works with. */
export interface NatsLifeParts {
  readonly link: NatsLink;
  readonly lives: NatsLives;
  readonly deletions: OthersDeletions;
  readonly stream: NatsStream;
  readonly names: ChannelNames;
  /** Limits the bytes that the reads of all channels have in flight, and that the channels hold back. */
  readonly budget: ReadBudget;
  /** The log's timeout, in ms. */
  readonly timeout: number;
  /** The state that this process had seen when it closed the channel. `undefined`: it does not know of any. */
  readonly before: ClosedChannel<KnownEntry | undefined> | undefined;
}

/** Callbacks of a `NatsChannelLife`. */
export interface NatsLifeListener {
  /** The connection or the life changes. State that belongs to the previous one is useless. */
  abandon(): void;
  /**
   * A check succeeded, and found the stream. `isNew` is true for the first check over this connection or in this life.
   */
  checked(isNew: boolean, found: FoundStream): void;
  /** The view of the log received entries. */
  received(entries: readonly LogEntry[]): void;
  /** Returns true if the tail has missed nothing since the last check. Called once in each check. */
  look(): boolean;
  /** A check in the background failed. */
  failed(error: unknown): void;
}
