import type { Exchange } from "./exchange.ts";
import { type HttpAnswer, TEXT_HEADERS } from "./http-error.ts";
import type { StreamHub } from "./stream-hub.ts";

/** Whether a request may have a stream, and what it counts as. */
export type Admission =
  | { readonly ok: true; readonly key: string | undefined }
  | { readonly ok: false; readonly answer: HttpAnswer };

/** How long a refused client is asked to wait, in s (RFC 9110 section 10.2.3); jittered, so that not all come back at once. */
const RETRY_AFTER_S = 2;
const RETRY_AFTER_SPREAD_S = 4;

/** The answers to those who may come back. */
export const RETRY_LATER = {
  draining: (): HttpAnswer => later(503, "This server is shutting down. Come back in a moment."),
  full: (): HttpAnswer => later(503, "This server has as many event streams as it can hold."),
  broken: (): HttpAnswer => later(503, "The event stream could not be opened."),
  ownLimit: (limit: number): HttpAnswer => later(429, `At most ${limit} event streams may be open at a time.`),
} as const;

/** Decides by the limits. Where the answer is yes, the place is taken and must be released. */
export function admit(hub: StreamHub, exchange: Exchange): Admission {
  const { maxConnections, maxConnectionsPerKey, connectionKey } = hub.settings;
  if (hub.draining) return { ok: false, answer: RETRY_LATER.draining() };
  if (hub.streams.size + hub.opening.size >= maxConnections) return { ok: false, answer: RETRY_LATER.full() };
  if (maxConnectionsPerKey === Number.POSITIVE_INFINITY) return { ok: true, key: undefined };

  let key: string | undefined;
  try {
    key = connectionKey === undefined ? exchange.remoteAddress : connectionKey(exchange.request as never);
  } catch (error) {
    hub.report(error, { stage: "connection-key" });
    return { ok: false, answer: RETRY_LATER.broken() };
  }
  if (key === undefined) return { ok: true, key };
  const open = hub.perKey.get(key) ?? 0;
  if (open >= maxConnectionsPerKey) return { ok: false, answer: RETRY_LATER.ownLimit(maxConnectionsPerKey) };
  hub.perKey.set(key, open + 1);
  return { ok: true, key };
}

function later(status: 429 | 503, text: string): HttpAnswer {
  const seconds = RETRY_AFTER_S + Math.floor(Math.random() * RETRY_AFTER_SPREAD_S);
  return { status, headers: { ...TEXT_HEADERS, "retry-after": String(seconds) }, text };
}
