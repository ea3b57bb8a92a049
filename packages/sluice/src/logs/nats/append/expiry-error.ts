import type { NatsLink } from "../connection/nats-link.ts";

/**
 * Returns the error of entries that NATS did not acknowledge within `timeout` ms. `failure`: why the log could not be
 * checked. `isOutpaced`: true if they are a batch, and entries of other publishers came between each time.
 */
export function expiryError(link: NatsLink, timeout: number, failure: Error | undefined, isOutpaced: boolean): Error {
  if (isOutpaced && failure === undefined) {
    const message = `${link.store} did not store the events together within ${timeout} ms, since events of other`;
    return new Error(`${message} publishers came between them. Publish fewer at once.`);
  }
  const reason = failure === undefined ? "" : ` (${failure.message.replace(/\.$/, "")})`;
  return link.error(`did not acknowledge the event within ${timeout} ms${reason}`, { cause: failure });
}
