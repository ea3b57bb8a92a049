import type { StreamHub } from "../stream-hub.ts";

/** The reconnection time of clients whose streams a hot reload ends, in ms. The next stream sends the usual one. */
export const RECONNECT_MS = 100;

/** Ends all streams. Their clients reconnect at once. */
export function endStreams(hub: StreamHub): void {
  for (const stream of [...hub.streams]) stream.close("drained", RECONNECT_MS);
}

/** Explains to the developer why streams reconnect. */
export function announceReload(what: string, changed: readonly string[]): void {
  console.info(`sluice: ${what} has other options than before the reload (${changed.join(", ")}). Streams reconnect.`);
}
