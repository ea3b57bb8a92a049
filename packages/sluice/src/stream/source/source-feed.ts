import { isAbortError } from "../../base/errors/thrown.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { COMMENT } from "../body/heartbeat.ts";
import { Piece } from "../body/piece.ts";
import type { Feed, FeedState, FeedTarget, SourceContext } from "../feed.ts";
import { runInStream } from "./current-stream.ts";
import { itemText } from "./item-text.ts";
import { SourcePump } from "./source-pump.ts";

/** Options of a source feed. */
export interface SourceFeedOptions {
  /** True if the source ends by itself, so that a drain waits for it. */
  readonly finite?: boolean;
  /** Event type of values that carry none. */
  readonly event: string | undefined;
  /** Number of bytes after which the feed writes without waiting for the end of the turn. */
  readonly pieceLimit: number;
  readonly onError: (error: unknown) => void;
}

/** A feed that pulls from an async iterable, no faster than the subscriber reads. */
export class SourceFeed implements Feed {
  readonly finite: boolean;
  readonly shared: undefined;
  readonly #source: AsyncIterable<unknown>;
  readonly #context: SourceContext;
  readonly #options: SourceFeedOptions;
  #target: FeedTarget | undefined;
  #pump: SourcePump | undefined;

  constructor(source: AsyncIterable<unknown>, context: SourceContext, options: SourceFeedOptions) {
    this.#source = source;
    this.#context = context;
    this.#options = options;
    this.finite = options.finite ?? false;
  }

  start(target: FeedTarget, opening: string): void {
    target.write(new Piece(toBytes(`${opening}\n`), 0));
    // The write may have ended the stream.
    if (target.ended) return;
    this.#target = target;
    // The source may iterate over subscriptions of its own, which must end with this stream.
    runInStream(this.#context, () => this.#run(target));
  }

  drained(): void {
    this.#pump?.drained();
  }

  flush(): void {
    this.#pump?.flush();
  }

  heartbeat(): Piece {
    return COMMENT;
  }

  stop(): void {
    const release = async () => {
      if (this.#pump !== undefined) await this.#pump.stop();
      else if (this.#target === undefined) await this.#source[Symbol.asyncIterator]().return?.();
    };
    release().catch((error) => this.#report(error));
  }

  describe(): FeedState {
    return { state: this.#target?.writable === true ? "live" : "lagging" };
  }

  #run(target: FeedTarget): void {
    const encode = (item: unknown) => itemText(item, { event: this.#options.event });
    const { pieceLimit } = this.#options;
    this.#pump = new SourcePump({ source: this.#source, encode, target, pieceLimit });
    this.#pump.run().then(
      (hasEnded) => {
        if (hasEnded) target.close("source-ended");
      },
      (error) => {
        if (target.ended) this.#report(error);
        else this.#options.onError(error);
        target.close("error");
      },
    );
  }

  /** Reports an error that came after the end of the stream. An abort is expected then. */
  #report(error: unknown): void {
    if (!isAbortError(error)) this.#options.onError(error);
  }
}
