import { SluiceError } from "../../base/errors/sluice-error.ts";

/** A function that fetches as the global `fetch` does: of a test, of a framework, or of React Native. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/** A value, or a function that is called at each attempt and may return a promise. */
export type Fresh<T> = T | (() => T | PromiseLike<T>);

/** Parts of a request that the user chooses. */
export interface RequestOptions {
  /** Sends the requests. Default: the global `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /** Method of the requests. Default: `"GET"`. */
  readonly method?: string | undefined;
  /** Sets request headers. A function is called at each attempt. Default: none besides those of an event stream. */
  readonly headers?: Fresh<RequestInit["headers"]>;
  /**
   * Body of the requests: text, `FormData` or bytes, or a function that is called at each attempt. A `ReadableStream`
   * cannot be sent again. Default: none.
   */
  readonly body?: Fresh<RequestInit["body"]>;
  /** Sends cookies and other credentials to other origins too. Default: `false`. */
  readonly withCredentials?: boolean | undefined;
}

/** Throws `INVALID_OPTION` if no request can be made of the options. Leaves values of functions to each attempt. */
export function checkRequest({ fetch, method, headers, body }: RequestOptions): void {
  try {
    const isFunction = fetch === undefined || typeof fetch === "function";
    // A stream cannot be sent again. Some packages replace the global `Request` by one that takes it.
    const isStream = (body as Partial<ReadableStream> | null | undefined)?.getReader;
    if (!isFunction || isStream) throw new TypeError("fetch must be a function, and body no stream");
    // The text of a function stands for the body that it returns.
    const init = { method, headers: typeof headers === "function" ? [] : headers, body };
    new Request("http://x", init as RequestInit);
  } catch (cause) {
    throw new SluiceError("INVALID_OPTION", `No valid request: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Requests an event stream, and resolves to the answer's head. It asks for fresh headers and a fresh body first.
 *
 * Rejects with the error of `fetch`, of a function among the options, or of the signal. Once the signal aborts, no
 * answer stays open, also if `fetch` ignores the signal.
 */
export async function sendRequest(
  url: string,
  { fetch = globalThis.fetch, method, headers, body, withCredentials }: RequestOptions,
  lastEventId: string,
  signal: AbortSignal,
): Promise<Response> {
  const target = new URL(url);
  const { username, password } = target;
  const sent = new Headers(await freshOf(headers));
  const setDefault = (name: string, value: string) => sent.has(name) || sent.set(name, value);
  // [spec] User agents may set (`Accept`, `text/event-stream`) in request's header list.
  setDefault("accept", "text/event-stream");
  // A browser sends this header by itself, because of the cache mode. Elsewhere not every `fetch` does.
  if (globalThis.location === undefined) setDefault("cache-control", "no-cache");
  if (username || password) {
    // `fetch` refuses such a URL.
    target.username = target.password = "";
    setDefault("authorization", `Basic ${btoa(byteString(`${username}:${password}`))}`);
  }
  // [spec] Let lastEventIDValue be the EventSource object's last event ID string, encoded as UTF-8.
  if (lastEventId) sent.set("last-event-id", byteString(encodeURIComponent(lastEventId)));
  // A property that is `undefined` is absent for `fetch`.
  const init = {
    method,
    // A plain object, which a `fetch` of the user's can extend: { ...init.headers, authorization }.
    headers: Object.fromEntries(sent),
    body: await freshOf(body),
    // `fetch` requires it for a body that is a stream.
    duplex: "half",
    signal,
    // [spec] Set request's cache mode to "no-store".
    cache: "no-store",
    // [spec] If corsAttributeState is Anonymous, set credentialsMode to "same-origin". That is the default of `fetch`.
    credentials: withCredentials ? "include" : undefined,
  };
  // A `fetch` that ignores the signal would send the request.
  signal.throwIfAborted();
  const response = await fetch(target.href, init as RequestInit);
  if (signal.aborted) response.body?.cancel().catch(() => undefined);
  signal.throwIfAborted();
  return response;
}

function freshOf<T>(value: Fresh<T>): T | PromiseLike<T> {
  return typeof value === "function" ? (value as () => T | PromiseLike<T>)() : value;
}

/** Returns the bytes that percent signs encode in a text, as `fetch` takes them: one character for each byte. */
function byteString(text: string): string {
  return unescape(text);
}
