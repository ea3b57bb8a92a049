import type { IncomingMessage } from "node:http";
import { SluiceError, type Source, type StreamOptions } from "../index.ts";
import { type H3EventOfV1, isEventOfV1, streamOnH3V1 } from "./h3/h3-v1.ts";
import { type H3EventOfV2, isEventOfV2, streamOnH3V2 } from "./h3/h3-v2.ts";
import { type AdapterOptions, checkAdapterOptions } from "./shared/adapter-options.ts";

export type { H3EventOfV1 } from "./h3/h3-v1.ts";
export type { H3EventOfV2 } from "./h3/h3-v2.ts";
export type { AdapterOptions as SluiceH3Options } from "./shared/adapter-options.ts";

/**
 * Answers an event of h3 with an event stream; see `Sluice.stream`. Return its promise from the event handler. The
 * answer has the headers and cookies that were set before, and the headers of hooks and middlewares after the handler.
 * A source function receives `event.req` as its request. The option `onClose` receives the reason for which the stream
 * ended. Rejects with an error of the source function, unless `throws` is `"none"`, and with `INVALID_OPTION`. h3
 * answers both like any error, and an error keeps its status.
 */
export type H3EventStream = <E extends H3EventOfV1 | H3EventOfV2>(
  event: E,
  source: Source<E["req"]>,
  options?: StreamOptions,
) => Promise<unknown>;

/**
 * Returns a function that answers events with event streams, of h3 1 and 2: in Nuxt, in Nitro, or in h3 alone. On h3 1,
 * and so in Nitro 2 and Nuxt 4, use it instead of `sluice.response(toWebRequest(event))`, which is not notified when
 * the client leaves.
 *
 * ```ts
 * const sse = sluiceH3({ sluice });
 * export default defineEventHandler((event) => sse(event, orders.subscribe()));
 * ```
 * Throws `INVALID_OPTION`.
 */
export function sluiceH3(options: AdapterOptions): H3EventStream {
  checkAdapterOptions("sluiceH3", options, ["sluice"]);
  const { sluice } = options;
  return async (event, source, stream) => {
    const given = event as H3EventOfV1 & H3EventOfV2;
    if (isEventOfV2(given)) return streamOnH3V2(given, sluice, source as Source<Request>, stream);
    if (isEventOfV1(given)) return streamOnH3V1(given, sluice, source as Source<IncomingMessage>, stream);
    const message =
      "sluiceH3: the first argument must be an event of h3 1 or 2. Pass the argument of the event handler.";
    throw new SluiceError("INVALID_OPTION", message);
  };
}
