import { type AsyncContext, currentContext } from "../../base/context/async-context.ts";
import type { SourceContext } from "../feed.ts";
import { LazySignal } from "./lazy-signal.ts";

/** The context of a source. Its signal is made on first use, since most sources never use it. */
export class StreamContext implements SourceContext {
  readonly lastEventId: string | undefined;
  readonly request: unknown;
  /** The context of the request, if the user's code may run at the end of the stream. */
  #caller: AsyncContext | undefined;
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
      this.keepCaller();
      this.#life = new LazySignal();
      if (this.#abortError !== undefined) this.#life.abort(this.#abortError);
    }
    return this.#life;
  }

  /** Remembers the async context of the caller, for {@link run}. The first call counts. */
  keepCaller(): void {
    this.#caller ??= currentContext();
  }

  /**
   * Calls back in the remembered async context. Another request, a timer or a signal may end the stream: the user's
   * listeners must find the store of their own request.
   */
  run<T>(callback: () => T): T {
    return this.#caller === undefined ? callback() : this.#caller.runInAsyncScope(callback);
  }

  /** Aborts the signal. The first reason stands: later calls do nothing. */
  abort(reason: string): void {
    if (this.#abortError !== undefined) return;
    this.#abortError = new DOMException(`The event stream has ended (${reason}).`, "AbortError");
    try {
      this.#life?.abort(this.#abortError);
    } catch {
      // In workerd, a request cannot abort the signal of another one that was dropped.
    }
  }
}
