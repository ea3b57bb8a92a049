import type { SourceContext } from "../feed.ts";

/**
 * The context of a source. Its abort signal is made on first use: it costs more than the rest, and most sources never
 * use it.
 */
export class StreamContext implements SourceContext {
  readonly lastEventId: string | undefined;
  readonly request: unknown;
  #controller: AbortController | undefined;
  #abortError: DOMException | undefined;

  constructor(lastEventId: string | undefined, request: unknown) {
    this.lastEventId = lastEventId;
    this.request = request;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortError !== undefined) this.#controller.abort(this.#abortError);
    }
    return this.#controller.signal;
  }

  /** Aborts the signal. The first reason stands: later calls do nothing. */
  abort(reason: string): void {
    if (this.#abortError !== undefined) return;
    this.#abortError = new DOMException(`The event stream has ended (${reason}).`, "AbortError");
    this.#controller?.abort(this.#abortError);
  }
}
