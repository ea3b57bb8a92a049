import type { Piece } from "./body/piece.ts";
import type { Sink } from "./body/sink.ts";
import type { CloseReason } from "./close-reason.ts";

/** The stream as its feed sees it. */
export interface FeedTarget {
  /** True once the stream has ended. `write` does nothing then. */
  readonly ended: boolean;
  /** True if the sink accepts more. A feed that finds `false` waits for `drained()`. */
  readonly writable: boolean;
  /** The sink of the stream. A feed that writes one piece to many streams writes to their sinks, past `write`. */
  readonly sink: Sink;
  /** Writes a piece. Returns true if the feed may go on. */
  write(piece: Piece): boolean;
  /** Records that a write past the stream reached the high-water mark: the stream is not writable until it drains. */
  block(): void;
  /**
   * Only of a target that several cursors share: keeps work that found the stream full until
   * `drained()`. Returns false if it keeps other work already: then try again at `drained()`.
   */
  hold?(work: () => void): boolean;
  /** Adds events that were written past the stream to the stream's own count. */
  countEvents(events: number): void;
  /** Ends the stream. `retry`, a reconnection time in ms, is written before the end. */
  close(reason: CloseReason, retry?: number): void;
}

/** A description that a feed gives of itself, for `connections()`. */
export interface FeedState {
  readonly channel?: string;
  /** The channels of a combined stream. */
  readonly channels?: readonly string[];
  readonly topics?: readonly string[] | "*";
  readonly state: "live" | "lagging";
  readonly lastEventId?: string;
}

/** Writes that went to many streams together, counted once for all of them. */
export interface SharedWrites {
  readonly events: number;
  /** Time of the last write, on the hub's clock. */
  readonly writtenAt: number;
}

/** The supplier of one event stream's events: an async iterable, or a cursor in a channel. */
export interface Feed {
  /** True if the feed ends by itself, so that a drain lets it finish. */
  readonly finite?: boolean;
  /**
   * Starts the feed. `opening` is the first lines of the first block. The feed MUST write that block at once, and end
   * it with a blank line.
   */
  start(target: FeedTarget, opening: string): void;
  /** Called when the sink accepts more after it was full. */
  drained(): void;
  /** The writes that went past the stream, to the sink itself. */
  readonly shared: SharedWrites | undefined;
  /** Writes everything that is ready and not yet written. Called before the stream ends. */
  flush?(): void;
  /** Returns the piece to write to an idle stream. */
  heartbeat(): Piece;
  /**
   * Releases everything. Called once, after the context's signal was aborted, also if the feed itself ended the stream.
   */
  stop(): void;
  describe(): FeedState;
}

/** The context of a source: the signal, the position and the request of its stream. */
export interface SourceContext<Request = unknown> {
  /** Aborts when the stream ends, for any reason. */
  readonly signal: AbortSignal;
  /** The position from which the subscriber resumes; `undefined` on its first connection. */
  readonly lastEventId: string | undefined;
  /** The request that was passed to `stream` or `response`. */
  readonly request: Request;
}

/** The context of a source, as the library's own feeds see it. A feed that a test starts may lack the rest. */
export interface FeedContext extends SourceContext {
  /** Remembers the async context of the caller, for `run`. */
  keepCaller?(): void;
  /** Calls back in the remembered async context. */
  run?<T>(callback: () => T): T;
  /** True if the position is no position of this channel: a combined stream resumes from an ID that is not combined. */
  readonly isForeign?: boolean;
}

/** A source that makes its own feed: a subscription, or the progress of a job. */
export interface FeedSource {
  /** The channel of its streams, if they have one. */
  readonly channel?: string | undefined;
  /** The channels of its streams, if they are combined. */
  readonly channels?: readonly string[] | undefined;
  /**
   * Makes the feed for one stream. `null` means that nothing is left for this subscriber: the answer is 204. It may
   * throw or reject: the answer is then an HTTP error.
   */
  openFeed(context: SourceContext): Feed | null | Promise<Feed | null>;
}
