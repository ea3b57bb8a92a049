import type { IncomingMessage } from "node:http";

/** Maximum number of streams of one user per process. A page opens up to three. */
export const MAX_STREAMS_PER_USER = 100;

/** The keys under which Sluice counts the streams of a user: its option `connectionKey`. */
export class StreamKeys {
  readonly #keys = new WeakMap<IncomingMessage, string | undefined>();

  /** Sets the user of a request; `undefined`: Sluice does not count its stream. */
  set(request: IncomingMessage, user: string | undefined): void {
    this.#keys.set(request, user === undefined ? undefined : `user:${user}`);
  }

  /** Returns the key of a request: its user, or else its address. */
  readonly keyOf = (request: IncomingMessage): string | undefined =>
    this.#keys.has(request) ? this.#keys.get(request) : `address:${request.socket.remoteAddress}`;
}
