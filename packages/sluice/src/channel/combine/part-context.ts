import type { FeedContext } from "../../stream/feed.ts";
import type { LazySignal } from "../../stream/source/lazy-signal.ts";
import { parseCombinedId } from "./combined-id.ts";

/** The position of a part whose client brought an ID that is no combined ID. */
export const FOREIGN = "foreign";

/** Returns the positions of a last event ID by the names of parts; {@link FOREIGN} if it is no combined ID. */
export function resumedPositions(lastEventId: string | undefined): ReadonlyMap<string, string> | typeof FOREIGN {
  return lastEventId === undefined ? new Map() : (parseCombinedId(lastEventId) ?? FOREIGN);
}

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

  /** Ends subscriptions that an `initial` function iterates over, with the stream. */
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
