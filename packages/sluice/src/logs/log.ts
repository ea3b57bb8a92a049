import { byteLength } from "../protocol/bytes.ts";

/**
 * How much of a channel's past its log keeps. The log trims the oldest events as soon as one of the limits is exceeded.
 */
export interface Retention {
  /** Greatest number of events kept. `Infinity`: no limit. Default: 10,000. */
  readonly events: number;
  /**
   * Greatest size of all events kept, in bytes of UTF-8. Each event counts with its text and
   * {@link ENTRY_OVERHEAD_BYTES}. `Infinity`: no limit. Default: 16 MiB.
   */
  readonly bytes: number;
  /** Age at which an event is trimmed, in ms. `Infinity`: no limit. Default: `Infinity`. */
  readonly age: number;
}

/**
 * Bytes an entry counts for besides its text: objects, numbers, references. The memory log on Node 20 takes about 300.
 */
export const ENTRY_OVERHEAD_BYTES = 320;

/** An event that is about to be appended to a log. */
export interface NewEntry {
  /** The event's type. `""` stands for `message`. */
  readonly type: string;
  /** The data as text. */
  readonly data: string;
  /** True if `data` is JSON made from a value, false if it is a string as published. */
  readonly json: boolean;
  /** Routing labels. If absent, the event goes to all subscribers. */
  readonly topics?: readonly string[] | undefined;
  /** The publisher's own event ID. */
  readonly id?: string | undefined;
  /** The reconnection time sent with the event, in ms. */
  readonly retry?: number | undefined;
}

/** An event in a log. Immutable. */
export interface LogEntry extends NewEntry {
  /** Position in the log: 1 for the first event of an epoch, then one more for each. */
  readonly offset: number;
  /** Time of the append, in ms since 1970. */
  readonly time: number;
  /** Number of entries of the same call of {@link ChannelLog.append} that follow this one. Absent: none. */
  readonly more?: number | undefined;
  /**
   * True if the offset holds no event, for ever: a publisher failed in the middle of an append. Readers skip the entry
   * silently. Default: absent; the entry is an event.
   */
  readonly isVoid?: true | undefined;
}

/** Receives what happens at the end of a log. */
export interface TailListener {
  /**
   * Entries were appended, by any process. The entries of one append MUST arrive in one call, unless they count more
   * than 256 KiB, some are trimmed, or 8 MiB of all channels wait for the rest of their appends. `isBehind`: true if
   * newer ones already follow them in the log, which this process still has to read. Default: false.
   */
  appended(entries: readonly LogEntry[], isBehind?: boolean): void;
  /**
   * Returns a promise if subscribers still take the entries that `appended` passed with `isBehind`, else `undefined`. A
   * log that is behind MUST wait for it before it reads more entries of the channel. It resolves within a bounded time.
   * Default: `undefined`.
   */
  taken?(): Promise<void> | undefined;
  /**
   * Everything before `first` was trimmed. If `first` is beyond the next entry, the entries between were trimmed before
   * this process received them. Then `last` is `first - 1`.
   */
  trimmed(first: number): void;
  /**
   * The log began a new life: `epoch`, `first` and `last` have new values. {@link ChannelLog.holds} returns which
   * positions of the old life are still valid. If all of them up to `last` are, `first` and `last` keep their values.
   */
  reset(): void;
  /** This process cannot receive entries any more, although the store works: see {@link ChannelLog.failure}. */
  failed?(error: Error): void;
  /**
   * The store has no such channel any more. If this returns true, a new life begins, and {@link reset} follows. If it
   * returns false, nothing in this process needs the channel, and the listener has closed the log. Default: true.
   */
  isNeeded?(): boolean;
}

/**
 * The log of one channel: the contract that all logs fulfil. The memory log is its executable specification.
 *
 * - Within an epoch, offsets MUST count 1, 2, 3 … without a hole, in one order that is the same for every reader.
 * - The epoch identifies one life of the log. It is 1 to 32 characters of `0-9 a-z`. It MUST change if an offset could
 *   come to mean another event than before (data was lost, the log was recreated or restored from a backup), and MUST
 *   NOT change otherwise.
 * - A new epoch MAY keep the entries up to some offset. Positions of the earlier epoch stay valid up to there
 *   ({@link ChannelLog.holds}). So a log may begin a new life whenever it is not certain that nothing was lost.
 * - `first` and `last` are what this process knows. `last` MUST NOT move before the listener has received the entries.
 * - A log MUST NOT close a connection that it did not open.
 */
export interface ChannelLog {
  /** Identifies this life of the log. */
  readonly epoch: string;
  /** Offset of the oldest entry kept, or `last + 1` if there is none. */
  readonly first: number;
  /** Offset of the newest entry, or 0 if there never was one. */
  readonly last: number;

  /**
   * Returns the offset up to which positions of an earlier epoch still mean the same entries. Returns `undefined` for
   * an epoch that this log does not know, or no longer remembers.
   */
  holds(epoch: string): number | undefined;

  /**
   * Offset of the newest entry that was left when the log last lost the entries after it. Absent or 0 if the log never
   * lost any. A publisher's own ID names no epoch, so a subscriber that resumes from an own ID at or before this offset
   * may have missed lost entries.
   */
  readonly lostAfter?: number;

  /**
   * Why this process cannot receive new entries although the store works; `undefined` if it can. The log MUST keep
   * trying, and MUST NOT set this while the store is out of reach. Then streams on this process are refused, so that
   * their subscribers go to another one.
   */
  readonly failure?: Error | undefined;

  /**
   * Appends entries in order, all or none. Resolves to their consecutive offsets once the entries are as durable as
   * this log promises. If the process or the store fails meanwhile, a reader MUST NOT ever see some of the entries
   * without the others, except that it MAY miss the oldest, which are trimmed first.
   *
   * It MUST NOT resolve for an entry that may still be lost, MUST reject if it cannot tell, and MUST do either within a
   * bounded time. The offsets belong to the life that `epoch` names when the promise resolves.
   *
   * It MUST NOT append an entry whose own `id` the log still holds, nor any other entry of that call. It then resolves
   * to the offset that the log holds for each such entry, and to 0 for each other one. The own IDs of a call differ.
   */
  append(entries: readonly NewEntry[]): Promise<readonly number[]>;

  /**
   * Returns the bytes that the entries of one call take of {@link Retention.bytes}. If that limit is no less, an append
   * MUST keep all of the entries. MUST be at most four times the sum of {@link entryBytes}. Default: that sum.
   */
  keptBytes?(entries: readonly NewEntry[]): number;

  /**
   * Returns the entries after the offset `after`, in order: at most `events`, and no more once they add up to `bytes`
   * ({@link entryBytes}). Returns at least one if there is one, and none if `after` is the newest.
   *
   * Returns `"gone"` if the entry right after `after` was trimmed. `first` MAY show that only after the next
   * {@link sync}. It MUST NOT skip an entry, nor return one of another life than `epoch` names when the promise
   * resolves.
   */
  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone">;

  /**
   * Passes every entry after `last` to the listener, from any process, in order, each once. Returns a function that
   * stops it. One listener at a time.
   */
  tail(listener: TailListener): () => void;

  /**
   * Resolves when `first`, `last` and `epoch` are no older than the call, and the listener has received every entry
   * that any process had appended before the call. Returns `undefined` if that is always true. Rejects within a bounded
   * time if the log cannot tell.
   */
  sync(): Promise<void> | undefined;

  /** Returns the offset of the kept entry with this publisher's own ID, or `undefined` if there is none. */
  positionOf(id: string): Promise<number | undefined>;

  /** Trims every entry up to and including the offset `through`. */
  trim(through: number): Promise<void>;

  /**
   * Deletes the channel, for all processes: its entries, and all that the store keeps of it. Its life ends. The next
   * one has another epoch, no position of the past holds in it, and its offsets count from 1.
   *
   * Each process that has the channel open MUST ask its listener whether it is {@link TailListener.isNeeded}, soon, and
   * begin the next life if so. All processes MUST agree on its epoch.
   *
   * It MUST NOT resolve before the store has deleted the channel, MUST reject if it cannot tell, and MUST do either
   * within a bounded time. It MUST NOT delete a life that began after the call. The store MUST NOT keep more than a
   * bounded number of records of deleted channels.
   */
  delete(): Promise<void>;

  /**
   * Returns true if the life of an epoch ended because its channel was deleted, as far as the log remembers. It MUST
   * answer at once for a life whose end this process has seen. Default: false.
   */
  wasDeleted?(epoch: string): boolean | Promise<boolean>;

  /** Stops the tail and frees what this log holds open. The entries stay in the store. */
  close(): Promise<void>;
}

/** How to open a channel's log. */
export interface OpenOptions {
  readonly retain: Retention;
  /**
   * Receives errors of background work that no caller waits for: the store cannot be reached, a trim is refused. Called
   * once per problem, not once per attempt. An error with the text `outage` MAY come for each attempt: Sluice reports
   * one for each `outage`, and then its end.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
  /**
   * Called when an outage is over that `onError` received and that no operation of a channel can show: `outage` is the
   * `outage` of that error.
   */
  readonly onRecovered?: ((outage: string) => void) | undefined;
}

/** A store of events: it opens the logs of channels. */
export interface Log {
  /** True if other processes may append to the same channels. */
  readonly shared: boolean;
  /** Bytes that reads of this process may have in memory at a time, over all channels. Default: 8 MiB. */
  readonly maxReadBytes?: number;
  /**
   * Opens the log of a channel, and creates it if there is none. It MAY return the log at once.
   *
   * The caller MUST NOT open a channel twice with the same `Log`. `open` MUST resolve or reject within a bounded time.
   * After a rejection the caller can try again.
   */
  open(channel: string, options: OpenOptions): ChannelLog | Promise<ChannelLog>;
  /**
   * Returns the options from which the log was made. `sharedSluice` compares the JSON of logs to find out whether a
   * module that was loaded again defines another log. Default: the fields of the log.
   */
  toJSON?(): object;
  /** Closes the logs of all channels, and the connections that this log opened itself. */
  close(): Promise<void>;
}

/** Returns the bytes of UTF-8 that an entry counts for against {@link Retention.bytes}. */
export function entryBytes({ data, type, id, topics }: NewEntry): number {
  let bytes = ENTRY_OVERHEAD_BYTES + byteLength(data) + byteLength(type);
  if (id !== undefined) bytes += byteLength(id);
  if (topics !== undefined) for (const topic of topics) bytes += byteLength(topic);
  return bytes;
}
