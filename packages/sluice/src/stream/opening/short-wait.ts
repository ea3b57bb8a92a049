import type { Exchange } from "./exchange.ts";
import { queryParameter } from "./query-parameter.ts";
import type { StreamOptions } from "./stream-options.ts";

/** Below the shortest usual limits of proxies for a silent server, which are 30 s and 60 s. */
const WAIT_MS = 20_000;

/** Returns how long a short stream waits for something to send, in ms; `undefined` if the stream is not short. */
export function shortWait({ url }: Pick<Exchange, "url">, { shortStreams }: StreamOptions): number | undefined {
  if (!shortStreams || queryParameter(url, "sluice-short") !== "1") return undefined;
  return (shortStreams !== true && shortStreams.wait) || WAIT_MS;
}
