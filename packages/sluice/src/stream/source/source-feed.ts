import { afterTurn } from "../../base/timers.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { COMMENT } from "../body/heartbeat.ts";
import { Piece } from "../body/piece.ts";
import type { CloseReason } from "../close-reason.ts";
import type { EventStream } from "../event-stream.ts";
import type { Feed, FeedState } from "../feed.ts";
import { itemText } from "./item-text.ts";

/** What a source feed needs besides the source. */
export interface SourceFeedOptions {
  /** Whether it ends by itself, so that a drain waits for it. */
  readonly finite?: boolean;
  /** The type of what names none itself. */
  readonly event: string | undefined;
  /** Characters gathered in a turn after which they are written without waiting for its end. */
  readonly batchSize: number;
  /** Makes the source's signal abort. */
  readonly abort: (reason: CloseReason) => void;
  readonly onError: (error: unknown) => void;
}

/** How long a source that never waits may keep the event loop to itself. */
const MAX_TURN_MS = 5;

/** Feeds a stream from an async iterable, pulled only as fast as the subscriber reads. */
export class SourceFeed implements Feed {
  readonly finite: boolean;
  readonly shared: undefined;
  readonly #source: AsyncIterable<unknown>;
  readonly #options: SourceFeedOptions;
  #iterator: AsyncIterator<unknown> | undefined;
  #stream!: EventStream;
  #started = false;
  /** What this turn has brought so far, encoded, and since when. */
  #text = "";
  #since = 0;
  #events = 0;
  #resume: (() => void) | undefined;

  constructor(source: AsyncIterable<unknown>, options: SourceFeedOptions) {
    this.#source = source;
    this.#options = options;
    this.finite = options.finite ?? false;
  }

  start(stream: EventStream, opening: string): void {
    this.#stream = stream;
    this.#started = true;
    stream.write(new Piece(toBytes(`${opening}\n`), 0));
    this.#pull().catch((error) => this.#fail(error));
  }

  drained(): void {
    this.#write();
    if (this.#stream.writable) this.#resume?.();
  }

  flush(): void {
    this.#writeAll();
  }

  heartbeat(): Piece {
    return COMMENT;
  }

  stop(reason: CloseReason): void {
    this.#resume?.();
    this.#options.abort(reason);
    const iterator = this.#iterator;
    this.#iterator = undefined;
    // Also when it is parked in next(): an iterator that can be woken wakes, a generator runs its finally next.
    const letGo = async () => (this.#started ? iterator : this.#source[Symbol.asyncIterator]())?.return?.();
    letGo().catch((error) => this.#report(error));
  }

  describe(): FeedState {
    return { state: this.#started && this.#stream.writable ? "live" : "lagging" };
  }

  async #pull(): Promise<void> {
    const stream = this.#stream;
    const iterator = this.#source[Symbol.asyncIterator]();
    this.#iterator = iterator;
    while (stream.reason === undefined) {
      let result: IteratorResult<unknown>;
      try {
        result = await iterator.next();
      } catch (error) {
        this.#iterator = undefined;
        throw error;
      }
      if (stream.reason !== undefined) return;
      if (result.done === true) {
        this.#iterator = undefined;
        this.#writeAll();
        stream.close("source-ended");
        return;
      }
      this.#gather(itemText(result.value, this.#options.event));
      if (!stream.writable || this.#isEnough()) await this.#pause();
    }
  }

  #gather(text: string): void {
    if (this.#text === "") {
      this.#since = performance.now();
      afterTurn(() => this.#write());
    }
    this.#text += text;
    this.#events++;
  }

  #isEnough(): boolean {
    return this.#text.length >= this.#options.batchSize || performance.now() - this.#since >= MAX_TURN_MS;
  }

  #write(): void {
    if (this.#stream.writable) this.#writeAll();
  }

  #writeAll(): void {
    if (this.#text === "") return;
    const piece = new Piece(toBytes(this.#text), this.#events);
    this.#text = "";
    this.#events = 0;
    this.#stream.write(piece);
  }

  /** A source that never waits must neither outrun its reader nor keep the event loop to itself. */
  async #pause(): Promise<void> {
    this.#write();
    await new Promise<void>((resolve) => {
      if (this.#stream.writable) afterTurn(resolve);
      else this.#resume = resolve;
    });
    this.#resume = undefined;
  }

  #fail(error: unknown): void {
    // What was made before the source failed still counts.
    this.#writeAll();
    if (this.#stream.reason === undefined) this.#options.onError(error);
    else this.#report(error);
    this.#stream.close("error");
  }

  /** After the end, an abort is what was asked for; anything else is news. */
  #report(error: unknown): void {
    if ((error as { name?: unknown } | null)?.name !== "AbortError") this.#options.onError(error);
  }
}
