import type { StreamHub } from "../stream-hub.ts";
import type { Exchange } from "./exchange.ts";
import { type HttpAnswer, RETRY_LATER } from "./http-answer.ts";

/** Whether a request may have a stream, and what it counts as. */
export type Admission =
  | { readonly ok: true; readonly key: string | undefined }
  | { readonly ok: false; readonly answer: HttpAnswer };

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
