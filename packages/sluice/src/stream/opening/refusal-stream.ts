import { jitter } from "../../base/time/timers.ts";
import { type HttpAnswer, retryAfterMs } from "../answer/http-answer.ts";
import type { RefuseAsStream } from "../answer/refusal.ts";
import type { StreamHub } from "../stream-hub.ts";
import type { Exchange } from "./exchange.ts";
import { responseHead } from "./response-head.ts";
import type { StreamOptions } from "./stream-options.ts";

const DRAINING: readonly unknown[] = ["DRAINING"];
const LIMITS: readonly unknown[] = [...DRAINING, "TOO_MANY_STREAMS", "TOO_MANY_CHANNELS"];

/**
 * Returns a refusal as an event stream that sets a reconnection time and ends, if the option `refuseAsStream` asks for
 * it; else `undefined`. A native `EventSource` that receives 503 gives up for good (WHATWG HTML, section 9.2.3).
 */
export function refusalStream(
  { settings }: StreamHub,
  exchange: Exchange,
  options: StreamOptions,
  { code, headers, text }: HttpAnswer,
): HttpAnswer | undefined {
  const isMeant = codesOf(settings.refuseAsStream).includes(code) && exchange.method === "GET";
  if (!isMeant || !acceptsOnlyStreams(exchange.header("accept"))) return undefined;
  const { connection } = headers;
  const retry = Math.max(jitter(options.retry ?? settings.retry, 0.2), retryAfterMs());
  return {
    status: 200,
    headers: { ...responseHead(options, settings.compress, false, true), ...(connection && { connection }) },
    text: `: ${text.replaceAll(/[\r\n]+/g, " ")}\nretry: ${Math.round(retry)}\n\n`,
  };
}

function codesOf(setting: RefuseAsStream): readonly unknown[] {
  if (setting === false) return [];
  return setting === "limits" ? LIMITS : DRAINING;
}

/**
 * Returns true if the client accepts event streams and nothing else, as an `EventSource` does. A client that accepts
 * other types too, such as `openEventStream()`, can handle a refusal.
 */
function acceptsOnlyStreams(accept = ""): boolean {
  return accept.split(",").every((range) => /^\s*text\/event-stream\s*(;|$)/i.test(range));
}
