import type { LogEntry } from "../../log.ts";
import type { StreamSubjects } from "../channel-names.ts";

/** The channel's log, as its publisher needs it. */
export interface PublisherLog {
  readonly epoch: string;
  readonly last: number;
  /** The subjects of the stream that was checked. */
  readonly subjects: StreamSubjects;
  /** True if the log was checked over the current connection. Only then may entries be sent. */
  readonly isChecked: boolean;
  /** Why the last check failed; `undefined` if it succeeded. */
  readonly failure: Error | undefined;
  /** Requires a new check of the log before anything is sent. After the check, the log calls `sendAll`. */
  invalidate(): void;
  /** Returns true if the life of an epoch is known to have ended because the channel was deleted. */
  wasDeleted(epoch: string): boolean;
  /** Records that NATS stored consecutive entries of this process. */
  appended(entries: readonly LogEntry[]): void;
  /** Records that NATS holds an entry at this offset. */
  acknowledged(offset: number): void;
}
