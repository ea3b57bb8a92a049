import type { SourceContext } from "../feed.ts";

/** The context of a source whose abort signal is made only when somebody asks for it: it costs more than the rest. */
export class LazyContext implements SourceContext {
  readonly lastEventId: string | undefined;
  readonly request: unknown;
  #controller: AbortController | undefined;
  #ended: { reason: unknown } | undefined;

  constructor(lastEventId: string | undefined, request: unknown) {
    this.lastEventId = lastEventId;
    this.request = request;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: string): void {
    const error = new DOMException(`The event stream has ended (${reason}).`, "AbortError");
    this.#ended = { reason: error };
    this.#controller?.abort(error);
  }
}
