import { invalidOption } from "../../base/checks/check-option.ts";
import { guardResult, ignore } from "../../base/errors/guard.ts";
import type { HttpAnswer } from "../answer/http-answer.ts";
import { RETRY_LATER } from "../answer/retry-later.ts";
import type { StreamHub } from "../stream-hub.ts";
import type { Exchange } from "./exchange.ts";

/** The decision about a request: a stream, counted under `key`, or an answer that refuses it. */
export type Admission =
  | { readonly ok: true; readonly key: string | undefined }
  | { readonly ok: false; readonly answer: HttpAnswer };

/**
 * Checks a request against the limits. An admitted request counts against `maxConnectionsPerKey` until the caller calls
 * `hub.leave(key)`.
 */
export function admit(hub: StreamHub, exchange: Exchange): Admission {
  const { maxConnectionsPerKey, connectionKey } = hub.settings;
  if (hub.refusing) return { ok: false, answer: RETRY_LATER.draining() };
  if (hub.isFull) return { ok: false, answer: RETRY_LATER.full() };
  if (maxConnectionsPerKey === Number.POSITIVE_INFINITY) return { ok: true, key: undefined };

  let key: string | undefined;
  try {
    key = connectionKey === undefined ? exchange.remoteAddress : checkedKey(connectionKey(exchange.request as never));
  } catch (error) {
    hub.report(error, { stage: "connection-key" });
    return { ok: false, answer: RETRY_LATER.broken() };
  }
  if (key === undefined || hub.enter(key)) return { ok: true, key };
  return { ok: false, answer: RETRY_LATER.ownLimit(maxConnectionsPerKey) };
}

/** Returns the key. Throws `INVALID_OPTION` if it is an object, such as a promise, which would equal no other key. */
function checkedKey(key: string | undefined): string | undefined {
  // A rejected promise must not end the process.
  guardResult(key, ignore);
  if (typeof key === "function" || (typeof key === "object" && key !== null))
    throw invalidOption("connectionKey()", "a string or undefined", key);
  return key;
}
