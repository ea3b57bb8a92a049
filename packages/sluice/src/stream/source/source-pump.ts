import { afterTurn } from "../../base/time/timers.ts";
import { byteLength, toBytes } from "../../protocol/bytes.ts";
import { Piece } from "../body/piece.ts";
import type { FeedTarget } from "../feed.ts";

/** Options of a source pump. */
export interface SourcePumpOptions {
  readonly source: AsyncIterable<unknown> | Iterable<unknown>;
  /** Returns an item of the source as text of the event stream. */
  readonly encode: (item: unknown) => string;
  readonly target: FeedTarget;
  /** Bytes after which the pump writes without waiting for the end of the turn. */
  readonly pieceLimit: number;
}

/** Longest time for which a source that never waits may occupy the event loop. */
const MAX_TURN_MS = 5;

/**
 * Moves items from an iterable to a stream, no faster than the subscriber reads. The events of one event-loop turn
 * leave in one piece. A source that never waits pauses every 5 ms, so that others get their turn.
 */
export class SourcePump {
  readonly #options: SourcePumpOptions;
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  /** True once the iterator has ended or failed: it needs no `return()`. */
  #exhausted = false;
  #stopped = false;
  /** Encoded events of this turn that are not written yet, their size, and the time of the first. */
  #text = "";
  #bytes = 0;
  #events = 0;
  #since = 0;
  #resume: (() => void) | undefined;

  constructor(options: SourcePumpOptions) {
    this.#options = options;
    this.#iterator = iteratorOf(options.source);
  }

  /**
   * Pulls until the source has ended and every event is written. Resolves to false if {@link stop} was called before.
   * Rejects with the error of the source, after the events before it are written.
   */
  async run(): Promise<boolean> {
    try {
      while (!this.#stopped) {
        const result = await this.#next();
        if (this.#stopped) return false;
        if (result.done === true) {
          this.flush();
          return true;
        }
        this.#gather(this.#options.encode(result.value));
        if (!this.#options.target.writable || this.#isEnough()) await this.#pause();
      }
      return false;
    } catch (error) {
      this.flush();
      throw error;
    }
  }

  /** The stream accepts bytes again. */
  drained(): void {
    this.#write();
    if (this.#options.target.writable) this.#resume?.();
  }

  /** Writes the events gathered so far, also to a full socket. */
  flush(): void {
    if (this.#text === "") return;
    const piece = new Piece(toBytes(this.#text), this.#events);
    this.#text = "";
    this.#bytes = 0;
    this.#events = 0;
    this.#options.target.write(piece);
  }

  /**
   * Ends the source with `return()`, also while `next()` is pending. Rejects with the error of `return()`. Call it
   * once.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#resume?.();
    if (!this.#exhausted) await this.#iterator.return?.();
  }

  async #next(): Promise<IteratorResult<unknown>> {
    let result: IteratorResult<unknown>;
    try {
      result = await this.#iterator.next();
    } catch (error) {
      this.#exhausted = true;
      throw error;
    }
    if (result.done === true) this.#exhausted = true;
    return result;
  }

  #gather(text: string): void {
    if (this.#text === "") {
      this.#since = performance.now();
      afterTurn(() => this.#write());
    }
    this.#text += text;
    this.#bytes += byteLength(text);
    this.#events++;
  }

  #isEnough(): boolean {
    return this.#bytes >= this.#options.pieceLimit || performance.now() - this.#since >= MAX_TURN_MS;
  }

  #write(): void {
    if (this.#options.target.writable) this.flush();
  }

  async #pause(): Promise<void> {
    this.#write();
    await new Promise<void>((resolve) => {
      if (this.#stopped) resolve();
      else if (this.#options.target.writable) afterTurn(resolve);
      else this.#resume = resolve;
    });
    this.#resume = undefined;
  }
}

function iteratorOf(source: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterator<unknown> | Iterator<unknown> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  return source[Symbol.iterator]();
}
