/** An abort signal that is made on first use. An `AbortController` costs more than the rest of a stream's context. */
export class LazySignal {
  #controller: AbortController | undefined;
  #error: DOMException | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#error !== undefined) this.#controller.abort(this.#error);
    }
    return this.#controller.signal;
  }

  abort(error: DOMException): void {
    this.#error = error;
    this.#controller?.abort(error);
  }
}
