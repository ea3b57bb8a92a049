/** An object of workerd that belongs to the request that makes it. */
interface RequestBound {
  /** Throws in other requests. */
  readonly readyState: number;
}

/**
 * True in Cloudflare's workerd. Timers, streams and sockets there belong to the request that makes them: a timer does
 * not fire after the end of its request, and cannot write to the stream of another one. All requests of a Durable
 * Object count as one.
 */
export const isWorkerd: boolean = globalThis.navigator?.userAgent === "Cloudflare-Workers";

/** Remembers the request that makes it, in workerd. */
export class RequestMark {
  readonly #bound: RequestBound | undefined = isWorkerd ? makeBound() : undefined;

  /** True in that request. On other platforms always true. */
  get isHere(): boolean {
    try {
      return this.#bound === undefined || this.#bound.readyState >= 0;
    } catch {
      return false;
    }
  }
}

function makeBound(): RequestBound | undefined {
  const { WebSocketPair } = globalThis as { WebSocketPair?: new () => readonly [RequestBound, RequestBound] };
  return WebSocketPair && new WebSocketPair()[0];
}
