import { afterTurn } from "../../base/timers.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { COMMENT } from "../body/heartbeat.ts";
import { Piece } from "../body/piece.ts";
import type { Feed, FeedState, FeedTarget } from "../feed.ts";
import { itemText } from "./item-text.ts";

/** Options of a source feed. */
export interface SourceFeedOptions {
  /** True if the source ends by itself, so that a drain waits for it. */
  readonly finite?: boolean;
  /** Event type of values that carry none. */
  readonly event: string | undefined;
  /** Number of characters after which the feed writes without waiting for the end of the turn. */
  readonly batchSize: number;
  readonly onError: (error: unknown) => void;
}

/** Longest time for which a source that never waits may occupy the event loop. */
const MAX_TURN_MS = 5;

/** A feed that pulls from an async iterable, no faster than the subscriber reads. */
export class SourceFeed implements Feed {
  readonly finite: boolean;
  readonly shared: undefined;
  readonly #source: AsyncIterable<unknown>;
  readonly #options: SourceFeedOptions;
  #iterator: AsyncIterator<unknown> | undefined;
  #target!: FeedTarget;
  #started = false;
  /** Encoded events of this turn, not yet written, and the time of the first of them. */
  #text = "";
  #since = 0;
  #events = 0;
  #resume: (() => void) | undefined;

  constructor(source: AsyncIterable<unknown>, options: SourceFeedOptions) {
    this.#source = source;
    this.#options = options;
    this.finite = options.finite ?? false;
  }

  start(target: FeedTarget, opening: string): void {
    this.#target = target;
    this.#started = true;
    target.write(new Piece(toBytes(`${opening}\n`), 0));
    this.#pull().catch((error) => this.#fail(error));
  }

  drained(): void {
    this.#write();
    if (this.#target.writable) this.#resume?.();
  }

  flush(): void {
    this.#writeAll();
  }

  heartbeat(): Piece {
    return COMMENT;
  }

  stop(): void {
    this.#resume?.();
    const iterator = this.#iterator;
    this.#iterator = undefined;
    // Also while `next()` is pending: an iterator that reacts to `return()` ends, and a generator runs its `finally`
    // after it.
    const release = async () => (this.#started ? iterator : this.#source[Symbol.asyncIterator]())?.return?.();
    release().catch((error) => this.#report(error));
  }

  describe(): FeedState {
    return { state: this.#started && this.#target.writable ? "live" : "lagging" };
  }

  async #pull(): Promise<void> {
    const target = this.#target;
    const iterator = this.#source[Symbol.asyncIterator]();
    this.#iterator = iterator;
    while (!target.ended) {
      let result: IteratorResult<unknown>;
      try {
        result = await iterator.next();
      } catch (error) {
        this.#iterator = undefined;
        throw error;
      }
      if (target.ended) return;
      if (result.done === true) {
        this.#iterator = undefined;
        this.#writeAll();
        target.close("source-ended");
        return;
      }
      this.#gather(itemText(result.value, this.#options.event));
      if (!target.writable || this.#isEnough()) await this.#pause();
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
    if (this.#target.writable) this.#writeAll();
  }

  #writeAll(): void {
    if (this.#text === "") return;
    const piece = new Piece(toBytes(this.#text), this.#events);
    this.#text = "";
    this.#events = 0;
    this.#target.write(piece);
  }

  /** Pauses the pull, so that a source that never waits neither outruns its reader nor occupies the event loop. */
  async #pause(): Promise<void> {
    this.#write();
    await new Promise<void>((resolve) => {
      if (this.#target.writable) afterTurn(resolve);
      else this.#resume = resolve;
    });
    this.#resume = undefined;
  }

  #fail(error: unknown): void {
    // Events from before the failure still go out.
    this.#writeAll();
    if (this.#target.ended) this.#report(error);
    else this.#options.onError(error);
    this.#target.close("error");
  }

  /** Reports an error that came after the end of the stream. An abort is expected then. */
  #report(error: unknown): void {
    if ((error as { name?: unknown } | null)?.name !== "AbortError") this.#options.onError(error);
  }
}
