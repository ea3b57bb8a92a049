import type { Fresh } from "../client/connection/request.ts";
import type { FetchEventSourceOptions } from "./fetch-event-source-options.ts";

/** Sends the request of an attempt that resumes from a position; `undefined`: no block had an ID so far. */
export type Send = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;

/** The input of `fetch`. */
export type Input = string | URL | Request;

/** Returns true for a `Request`, also of another `fetch`. */
export function isRequest(input: Input): input is Request {
  return typeof (input as Request).clone === "function";
}

/** Returns a function that sends the requests. Each of them is complete: a `Request` is cloned, headers are copied. */
export function requestsOf(input: Input, options: FetchEventSourceOptions): Send {
  const { headers, fetch: send = globalThis.fetch, ...rest } = options;
  const { onopen, onmessage, onclose, onerror, openWhenHidden, ...init } = rest;
  return async (lastEventId, signal) => {
    const given: HeadersInit | undefined = await evaluate(headers);
    const sent = recordOf(given ?? (isRequest(input) ? input.headers : {}));
    // The second type asks a draining Sluice for 503 in place of a stream that ends, which would look complete.
    if (nameOf(sent, "accept") === undefined) sent.accept = "text/event-stream, */*";
    if (lastEventId !== undefined) {
      // A position of the program's own is the older one.
      delete sent[nameOf(sent, "last-event-id") ?? ""];
      // [spec] Let lastEventIDValue be the last event ID string, encoded as UTF-8.
      if (lastEventId) sent["last-event-id"] = String.fromCharCode(...new TextEncoder().encode(lastEventId));
    }
    return isRequest(input)
      ? send(input.clone(), { ...init, headers: sent, signal })
      : // [spec] Set request's cache mode to "no-store".
        send(input, { cache: "no-store", ...init, headers: sent, signal });
  };
}

/** Returns headers as a plain object, which a `fetch` of the program can extend: { ...init.headers, authorization }. */
function recordOf(headers: HeadersInit): Record<string, string> {
  const isIterable = Symbol.iterator in headers;
  return isIterable ? Object.fromEntries(new Headers(headers)) : { ...(headers as Record<string, string>) };
}

/** Returns the name of a header as the record spells it. */
function nameOf(headers: Record<string, string>, name: string): string | undefined {
  return Object.keys(headers).find((each) => each.toLowerCase() === name);
}

function evaluate<T>(value: Fresh<T> | undefined): T | undefined | PromiseLike<T> {
  return typeof value === "function" ? (value as () => T | PromiseLike<T>)() : value;
}
