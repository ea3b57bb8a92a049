import { checkStreamOptions } from "../../stream/opening/check-stream-options.ts";
import { openStream } from "../../stream/opening/open-stream.ts";
import type { StreamOptions } from "../../stream/opening/stream-options.ts";
import type { Source } from "../../stream/source/source.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";
import { FetchExchange } from "./fetch-exchange.ts";

/**
 * Answers a request of the Fetch standard. Throws `INVALID_OPTION` before anything is answered. This module is loaded
 * with the first such request, and with it all code of streams.
 */
export function openFetchStream(
  hub: StreamHub,
  request: Request,
  source: Source,
  options: StreamOptions,
): Promise<Response> {
  checkStreamOptions(options);
  const exchange = new FetchExchange(request, options);
  return new Promise((resolve, reject) => {
    exchange.response.then(resolve);
    openStream(hub, exchange, source, options).catch(reject);
  });
}
