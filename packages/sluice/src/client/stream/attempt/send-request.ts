import type { Fresh, RequestOptions } from "../../connection/request.ts";
import type { Form } from "./form.ts";

/** Settings of the requests of a stream. */
export interface RequestSettings extends RequestOptions {
  /** Resolves to the absolute URL of the next request. */
  readonly url: () => Promise<URL>;
  /** Changes the URL of each request, once its code is loaded. */
  form?: Form;
}

/**
 * Requests an event stream from the position, and resolves to the answer's head. Calls the functions among the options.
 * Once the signal aborts, no answer stays open, also if `fetch` ignores the signal.
 */
export async function sendRequest(
  settings: RequestSettings,
  lastEventId: string,
  signal: AbortSignal,
): Promise<Response> {
  const { fetch: send = fetch, method, headers, body, withCredentials } = settings;
  const url = await settings.url();
  const position = settings.form ? settings.form.ask(url) : lastEventId;
  const sent = new Headers(await evaluate(headers));
  // The second type says that the client can handle refusals: the option `refuseAsStream` is for clients that cannot.
  if (!sent.has("accept")) sent.set("accept", "text/event-stream, */*");
  // [spec] Let lastEventIDValue be the event source's last event ID string, encoded as UTF-8.
  // `fetch` takes a header as a string with one character for each byte.
  if (position) sent.set("last-event-id", unescape(encodeURIComponent(position)));
  const init = {
    method,
    headers: sent,
    body: await evaluate(body),
    cache: "no-store",
    // `fetch` requires it for a body that is a stream.
    duplex: "half",
    signal,
    // A property that is `undefined` is absent for `fetch`.
    credentials: withCredentials ? "include" : undefined,
  } as RequestInit;
  // A `fetch` that ignores the signal would send the request.
  signal.throwIfAborted();
  const response = await send(url.href, init);
  if (signal.aborted) response.body?.cancel().catch(() => {});
  return response;
}

/** Returns the value, or the result of a function that returns it. */
export function evaluate<T>(value: Fresh<T>): T | PromiseLike<T> {
  return typeof value === "function" ? (value as () => T | PromiseLike<T>)() : value;
}
