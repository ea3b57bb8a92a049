/** How much of a channel's past its log keeps. What goes beyond any of the limits is trimmed, oldest first. */
export interface Retention {
  /** Events kept at most. */
  readonly events: number;
  /** Bytes kept at most: the text of the events and {@link ENTRY_OVERHEAD_BYTES} for each. */
  readonly bytes: number;
  /** Age of the oldest event kept, in ms; `Infinity`: any age. */
  readonly age: number;
}

/** What an entry counts for besides its text: objects, numbers, references. The memory log on Node 20 takes about 300. */
export const ENTRY_OVERHEAD_BYTES = 320;

/** An event on its way into a log. */
export interface NewEntry {
  /** The event's type; `""` stands for `message`. */
  readonly type: string;
  /** The data as text. */
  readonly data: string;
  /** Whether `data` is JSON (made of a value) or a string as it came. */
  readonly json: boolean;
  /** Routing labels; absent: for everybody. */
  readonly topics?: readonly string[] | undefined;
  /** The publisher's own event ID. */
  readonly id?: string | undefined;
  /** The reconnection time that goes with the event, in ms. */
  readonly retry?: number | undefined;
}

/** An event in a log. Immutable. */
export interface LogEntry extends NewEntry {
  /** The place in the log: 1 for the first event of an epoch, then one more each. */
  readonly offset: number;
  /** When it was appended, in ms since 1970. */
  readonly time: number;
}

/** What a log tells the one who follows its end. */
export interface TailListener {
  /** Entries were appended, by whomever. */
  appended(entries: readonly LogEntry[]): void;
  /**
   * Everything before `first` is gone. Where `first` is beyond the next entry, those between were trimmed before this process saw
   * them; `last` is `first - 1` then.
   */
  trimmed(first: number): void;
  /**
   * The log began a new life: `epoch`, `first` and `last` have new values. Of the old life, {@link ChannelLog.holds} tells what
   * still holds; where that is everything up to `last`, `first` and `last` are what they were.
   */
  reset(): void;
}

/**
 * The log of one channel: the contract that all logs fulfil. The memory log is its executable specification.
 *
 * - Offsets MUST count 1, 2, 3 … without a hole within an epoch, in the one order that every reader sees.
 * - The epoch MUST change whenever an offset could come to mean another event than before (data lost, log recreated,
 *   restored from a backup), and MUST NOT change otherwise. It is 1 to 32 characters of `0-9 a-z`.
 * - An epoch that follows another MAY keep the entries up to some offset: positions of the earlier epoch up to there
 *   stay what they were ({@link ChannelLog.holds}). So one may begin a new life whenever it is not sure that nothing was lost.
 * - `first` and `last` are what this process knows; `last` MUST NOT move before the listener has been told.
 * - A log MUST NOT close a connection that it did not open.
 */
export interface ChannelLog {
  /** The name of this life of the log. */
  readonly epoch: string;
  /** Offset of the oldest entry kept; `last + 1` when there is none. */
  readonly first: number;
  /** Offset of the newest entry; 0 when there never was one. */
  readonly last: number;

  /**
   * The offset up to which positions of an earlier epoch still mean the same entries; `undefined` for an epoch of which it
   * does not know that, or no more.
   */
  holds(epoch: string): number | undefined;

  /**
   * The newest entry there was when the log last lost what came after it; absent or 0: it never did. A publisher's own ID tells no epoch: whoever
   * comes back with one from there or before may have missed what was lost.
   */
  readonly lostAfter?: number;

  /**
   * Appends entries in order, and resolves to their offsets once they are as durable as this log promises. Those of other
   * processes MAY come between. It MUST NOT resolve for an entry that may still be lost, MUST reject when it cannot tell, and
   * MUST do either within a bounded time. The offsets are of the life that `epoch` names when it resolves.
   * An entry whose own `id` the log still holds MUST NOT be appended again; its offset is that of the one there.
   */
  append(entries: readonly NewEntry[]): Promise<readonly number[]>;

  /**
   * Entries after the offset `after`, in order: at most `events` of them, and no more once they amount to `bytes`
   * ({@link entryBytes}), but always one where there is one; none when `after` is the newest.
   * `"gone"` when the entry right after `after` was trimmed; `first` MAY tell so only after the next {@link sync}. It MUST NOT leave one out, nor give any of another life than
   * `epoch` names when it resolves.
   */
  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone">;

  /**
   * Tells the listener of every entry after `last`, by whoever appended it, in order, each once, until the function
   * that it returns is called. One listener at a time.
   */
  tail(listener: TailListener): () => void;

  /**
   * Resolves once `first`, `last` and `epoch` are no older than the call, and the listener has been told of everything that
   * anybody had appended before it. `undefined` where that is always so. Rejects, within a bounded time, when it cannot tell.
   */
  sync(): Promise<void> | undefined;

  /** The offset of the kept entry with this publisher's own ID, if there is one. */
  positionOf(id: string): Promise<number | undefined>;

  /** Drops every entry up to and including the offset `through`. */
  trim(through: number): Promise<void>;

  /** Stops following and gives back what this log holds open. The entries stay where they are. */
  close(): Promise<void>;
}

/** How a channel's log is opened. */
export interface OpenOptions {
  readonly retain: Retention;
  /** Hears what fails in the background, where nobody waits for it: that the store is out of reach, that trimming is refused. Once per trouble. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A place where the events of channels are kept. */
export interface Log {
  /** Whether other processes may append to the same channels. */
  readonly shared: boolean;
  /**
   * Opens the log of a channel, and creates it where there is none. It MAY answer at once.
   * Opening the same channel twice by one log MUST NOT happen. It MUST resolve or reject within a bounded time, and after a rejection
   * it can be tried again.
   */
  open(channel: string, options: OpenOptions): ChannelLog | Promise<ChannelLog>;
  /** Closes the logs of all channels and what this log opened itself. */
  close(): Promise<void>;
}

/** What an entry counts for against {@link Retention.bytes}. */
export function entryBytes(entry: NewEntry): number {
  let bytes = ENTRY_OVERHEAD_BYTES + entry.data.length + entry.type.length;
  if (entry.id !== undefined) bytes += entry.id.length;
  if (entry.topics !== undefined) for (const topic of entry.topics) bytes += topic.length;
  return bytes;
}
