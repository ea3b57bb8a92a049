import type { SourceContext } from "../feed.ts";
import { LazySignal } from "./lazy-signal.ts";

/** The context of a source. Its signal is made on first use, since most sources never use it. */
export class StreamContext implements SourceContext {
  readonly lastEventId: string | undefined;
  readonly request: unknown;
  #life: LazySignal | undefined;
  #abortError: DOMException | undefined;

  constructor(lastEventId: string | undefined, request: unknown) {
    this.lastEventId = lastEventId;
    this.request = request;
  }

  get signal(): AbortSignal {
    return this.life.signal;
  }

  /** The signal without the request, for code that must not keep the request in memory. */
  get life(): LazySignal {
    if (this.#life === undefined) {
      this.#life = new LazySignal();
      if (this.#abortError !== undefined) this.#life.abort(this.#abortError);
    }
    return this.#life;
  }

  /** Aborts the signal. The first reason stands: later calls do nothing. */
  abort(reason: string): void {
    if (this.#abortError !== undefined) return;
    this.#abortError = new DOMException(`The event stream has ended (${reason}).`, "AbortError");
    this.#life?.abort(this.#abortError);
  }
}
