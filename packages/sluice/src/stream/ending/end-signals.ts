/** A stream as its signal sees it. */
interface EndableStream {
  /** Called once, when the stream has ended. */
  onEnd: (() => void) | undefined;
  close(reason: "disconnected"): void;
}

/**
 * The abort signals that end streams. One signal may belong to the whole application and end thousands of streams. It
 * gets one listener for all of them, because the runtime warns of a leak at the eleventh. The listener goes with the
 * last stream.
 */
export class EndSignals {
  readonly #streams = new WeakMap<AbortSignal, Set<EndableStream>>();

  /** Ends the stream with reason `disconnected` when the signal aborts. */
  watch(signal: AbortSignal, stream: EndableStream): void {
    if (signal.aborted) return stream.close("disconnected");
    const streams = this.#streams.get(signal) ?? this.#listen(signal);
    streams.add(stream);
    stream.onEnd = () => {
      streams.delete(stream);
      if (streams.size === 0) this.#forget(signal, streams);
    };
  }

  #listen(signal: AbortSignal): Set<EndableStream> {
    const streams = new Set<EndableStream>();
    this.#streams.set(signal, streams);
    signal.addEventListener("abort", this.#onAbort);
    return streams;
  }

  #forget(signal: AbortSignal, streams: Set<EndableStream>): void {
    if (this.#streams.get(signal) !== streams) return;
    this.#streams.delete(signal);
    signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = ({ target }: Event): void => {
    for (const stream of this.#streams.get(target as AbortSignal) ?? []) stream.close("disconnected");
  };
}
