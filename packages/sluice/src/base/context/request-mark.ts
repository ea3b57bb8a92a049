/** An object that workerd binds to the request that created it. */
interface RequestBound {
  /** Throws if another request reads it. */
  readonly readyState: number;
}

/**
 * True in Cloudflare's workerd. There, timers, streams and sockets belong to the request that created them: a timer
 * does not fire after the end of its request, and cannot write to the stream of another request. All requests of a
 * Durable Object count as one.
 */
export const isWorkerd: boolean = globalThis.navigator?.userAgent === "Cloudflare-Workers";

/** A mark of the request that created it, in workerd. */
export class RequestMark {
  readonly #bound: RequestBound | undefined = isWorkerd ? makeBound() : undefined;

  /** Returns true in the request that created the mark, and always on other platforms. */
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
