import type { EventStream } from "./event-stream.ts";

/**
 * The signals that end streams. One of them may be that of the whole application, and end thousands: it gets one listener for all of
 * them, since the runtime warns of a leak from the eleventh on, and loses it with the last.
 */
export class EndSignals {
  readonly #streams = new WeakMap<AbortSignal, Set<EventStream>>();

  /** Ends the stream when the signal aborts, with reason `disconnected`. */
  watch(signal: AbortSignal, stream: EventStream): void {
    if (signal.aborted) return stream.close("disconnected");
    const streams = this.#streams.get(signal) ?? this.#listen(signal);
    streams.add(stream);
    stream.onEnd = () => {
      streams.delete(stream);
      if (streams.size === 0) this.#forget(signal, streams);
    };
  }

  #listen(signal: AbortSignal): Set<EventStream> {
    const streams = new Set<EventStream>();
    this.#streams.set(signal, streams);
    signal.addEventListener("abort", this.#onAbort);
    return streams;
  }

  #forget(signal: AbortSignal, streams: Set<EventStream>): void {
    if (this.#streams.get(signal) !== streams) return;
    this.#streams.delete(signal);
    signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = ({ target }: Event): void => {
    for (const stream of this.#streams.get(target as AbortSignal) ?? []) stream.close("disconnected");
  };
}
