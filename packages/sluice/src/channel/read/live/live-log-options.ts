import type { ErrorContext } from "../../../stream/report.ts";
import type { SharedReads } from "../../../stream/stream-hub.ts";
import type { ChannelEvent, KeptEvent } from "../../event/kept-event.ts";
import type { Serializer } from "../../event/serializer.ts";
import type { LatestLimits } from "../latest.ts";
import type { LossReason } from "../left-life.ts";
import type { WindowLimits } from "./event-window.ts";

/** Receives the events of a live log. */
export interface LiveLogListener {
  /** Called once for each batch of a flush, in order. */
  deliver(events: readonly KeptEvent[]): void;
  /** Called before offsets jump: live subscribers must remember their own positions from here on. */
  suspend(): void;
  /**
   * Called after the jump. `kept`: offset up to which the positions before the jump still mean the same entries;
   * `undefined` if all of them do. `reason`: why the others do not.
   */
  resume(kept: number | undefined, reason: LossReason): void;
  /** Called if this process cannot receive events any more, although the log works for others. */
  failed(error: Error): void;
  /** See {@link TailListener.isNeeded}. */
  isNeeded(): boolean;
  /** Number of subscribers and followers. */
  readonly readers: number;
}

/** Options of a {@link LiveLog}. */
export interface LiveLogOptions {
  readonly window: WindowLimits;
  /** Time for which events are gathered for one flush, in ms. 0: until the end of the event-loop turn. */
  readonly flushInterval: number;
  /** Maximum number of bytes of one batch, unless a single event has more. */
  readonly batchBytes: number;
  /** The channel option `latestBy`. */
  readonly latestBy: ((event: ChannelEvent) => string | undefined) | undefined;
  /** The channel option `latest`. */
  readonly latest: LatestLimits;
  /** The channel options `serialize` and `parse`. Default: JSON. */
  readonly serializer?: Serializer | undefined;
  /** Bounds what all channels keep of what they read. */
  readonly reads: SharedReads;
  readonly listener: LiveLogListener;
  readonly onError: (error: unknown, context: ErrorContext) => void;
}
