import type { Piece } from "./body/piece.ts";
import type { CloseReason } from "./close-reason.ts";
import type { EventStream } from "./event-stream.ts";

/** What a feed tells about itself to those who list connections. */
export interface FeedState {
  readonly channel?: string;
  readonly topics?: readonly string[] | "*";
  readonly state: "live" | "lagging";
  readonly lastEventId?: string;
}

/** What many streams were written together, so that it is counted once for all of them. */
export interface SharedWrites {
  readonly events: number;
  /** On the hub's clock. */
  readonly writtenAt: number;
}

/** What fills one event stream: an async iterable, or a cursor in a channel. */
export interface Feed {
  /** Whether it ends by itself, so that a drain lets it finish. */
  readonly finite?: boolean;
  /** Begins. `opening` is the first lines of the first block, which the feed writes at once and ends with a blank line. */
  start(stream: EventStream, opening: string): void;
  /** The subscriber takes bytes again. */
  drained(): void;
  /** Of what it wrote past the stream, to the sink itself: how many events, and when last. */
  readonly shared: SharedWrites | undefined;
  /** Writes what it has made and not written yet, before the stream is ended. */
  flush?(): void;
  /** What to write to a stream that was idle. */
  heartbeat(): Piece;
  /** The stream has ended: let go of everything. Called once, also when the feed itself ended it. */
  stop(reason: CloseReason): void;
  describe(): FeedState;
}

/** What a source learns of the stream it is opened for. */
export interface SourceContext<Request = unknown> {
  /** Aborts when the stream ends, for whatever reason. */
  readonly signal: AbortSignal;
  /** The position from which the subscriber wants to go on; `undefined` when it comes for the first time. */
  readonly lastEventId: string | undefined;
  /** The request as it was passed to `stream` or `response`. */
  readonly request: Request;
}

/** A source that brings its own feed: a subscription, or a job's progress. */
export interface FeedSource {
  /** `null` means that there is nothing more to come for this subscriber: the answer is 204. It may throw, or reject. */
  openFeed(context: SourceContext): Feed | null | Promise<Feed | null>;
}
