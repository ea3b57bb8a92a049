import { outside } from "../../base/context/async-context.ts";
import { afterTurn, quietTimeout, type Timer } from "../../base/time/timers.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { Piece } from "../body/piece.ts";
import type { Sink } from "../body/sink.ts";
import { channelsOf } from "../channels-of.ts";
import type { EventStream } from "../event-stream.ts";
import { lastIdIn } from "./last-id.ts";

/** Setup of a short stream. */
interface ShortStream {
  /** Time after which the stream ends if it has sent nothing new, in ms. */
  readonly wait: number;
  /** The position from which the subscriber resumes; `undefined`: none. */
  readonly lastEventId: string | undefined;
}

/** The last block of a short stream: its client may ask for the next one at once. */
const LAST_BLOCK = new Piece(toBytes(": short\n\n"), 0);
/** A source of the application, or a job, has sent what there is if it is silent for this time, in ms. */
const SETTLE_MS = 50;
/** Time between two looks at a subscriber that still lags, in ms. */
const LOOK_MS = 10;

/**
 * The sink of a short stream. It ends the stream once the subscriber has a new position and everything up to it, or
 * after `wait` ms without a new position.
 */
export class ShortSink implements Sink {
  readonly #sink: Sink;
  readonly #stream: EventStream;
  readonly #lastEventId: string | undefined;
  /** True if the feed may be opened again without a position: it is a channel's, or a job's. */
  readonly #canRestart: boolean;
  /** True if the feed knows when the subscriber has everything. */
  readonly #hasChannel: boolean;
  /** True once the subscriber has received a position that it did not send. */
  #hasNews = false;
  readonly #waitTimer: Timer;
  #lookTimer: Timer | undefined;
  #isLookDue = false;

  /** Makes an open stream short. Called before its feed starts. */
  static wrap(stream: EventStream, setup: ShortStream): void {
    const sink = new ShortSink(stream, setup);
    stream.sink = sink;
    const { onEnd } = stream;
    stream.onEnd = () => {
      sink.#stop();
      onEnd?.();
    };
  }

  private constructor(stream: EventStream, { wait, lastEventId }: ShortStream) {
    const { feed, sink } = stream;
    this.#sink = sink;
    this.#stream = stream;
    this.#lastEventId = lastEventId;
    this.#hasChannel = channelsOf(feed.describe()).length > 0;
    this.#canRestart = this.#hasChannel || feed.finite === true;
    this.#waitTimer = outside(() => quietTimeout(() => this.#waited(), wait));
  }

  get written(): number {
    return this.#sink.written;
  }

  get pending(): number {
    return this.#sink.pending;
  }

  get progress(): number {
    return this.#sink.progress;
  }

  get left(): boolean {
    return this.#sink.left === true;
  }

  write(piece: Piece): boolean {
    const id = lastIdIn(piece.bytes);
    if (id !== undefined && id !== "" && id !== this.#lastEventId) this.#hasNews = true;
    if (this.#hasNews) this.#lookSoon();
    return this.#sink.write(piece);
  }

  opened(): void {
    this.#sink.opened?.();
  }

  end(isLast: boolean): void {
    if (this.#stream.reason === "short") this.#sink.write(LAST_BLOCK);
    this.#sink.end(isLast);
  }

  moved(): void {
    this.#sink.moved?.();
  }

  destroy(): void {
    this.#sink.destroy();
  }

  #lookSoon(): void {
    if (!this.#hasChannel) {
      clearTimeout(this.#lookTimer);
      this.#lookIn(SETTLE_MS);
    } else if (!this.#isLookDue) {
      this.#isLookDue = true;
      outside(() => afterTurn(() => this.#look()));
    }
  }

  #lookIn(ms: number): void {
    this.#lookTimer = outside(() => quietTimeout(() => this.#look(), ms));
  }

  /** Ends the stream if the subscriber has everything. */
  #look(): void {
    this.#isLookDue = false;
    if (this.#stream.ended) return;
    if (this.#stream.feed.describe().state === "live") return this.#stream.close("short");
    this.#isLookDue = true;
    this.#lookIn(LOOK_MS);
  }

  /** Without a position, a source of the application would begin anew: its stream goes on. */
  #waited(): void {
    if (!this.#hasNews && (this.#canRestart || this.#lastEventId !== undefined)) this.#stream.close("short");
  }

  #stop(): void {
    clearTimeout(this.#waitTimer);
    clearTimeout(this.#lookTimer);
  }
}
