import type { FeedContext } from "../../../stream/feed.ts";
import type { LazySignal } from "../../../stream/source/lazy-signal.ts";
import { FOREIGN } from "../combined-id.ts";

/** The context of a combined stream, as the cursor of one of its parts sees it. */
export class PartContext implements FeedContext {
  readonly lastEventId: string | undefined;
  readonly isForeign: boolean;
  readonly #stream: FeedContext & { readonly life?: LazySignal };

  /** `resumed`: the position of the part in the stream's last event ID, or {@link FOREIGN}. */
  constructor(stream: FeedContext & { readonly life?: LazySignal }, resumed: string | undefined) {
    this.#stream = stream;
    this.isForeign = resumed === FOREIGN;
    this.lastEventId = this.isForeign ? stream.lastEventId : resumed;
  }

  get signal(): AbortSignal {
    return this.#stream.signal;
  }

  get request(): unknown {
    return this.#stream.request;
  }

  /** The signal that ends subscriptions over which an `initial` function iterates. */
  get life(): LazySignal | undefined {
    return this.#stream.life;
  }

  keepCaller(): void {
    this.#stream.keepCaller?.();
  }

  run<T>(callback: () => T): T {
    return this.#stream.run === undefined ? callback() : this.#stream.run(callback);
  }
}
