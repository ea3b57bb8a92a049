/** An answer without a stream. An empty `text` means no body. */
export interface HttpAnswer {
  readonly status: number;
  /** The reason of a refusal, for `onRefuse`. An answer that refuses nothing, such as 204, has none. */
  readonly code?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Headers of every refusal. A 204 from a cache would stop EventSource for good, however often it reconnects. */
export const NO_STORE: Readonly<Record<string, string>> = { "cache-control": "no-store" };

/** Returns the headers with their names in lower case. */
export function lowerCased(headers: HttpAnswer["headers"] = {}): Record<string, string> {
  return Object.fromEntries(new Headers(headers));
}

/** The headers of an answer in plain text. */
export const TEXT_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/plain; charset=utf-8",
  ...NO_STORE,
};

/**
 * `Retry-After` of a refused client, in s (RFC 9110 section 10.2.3): at least this, spread over so many seconds more.
 */
const RETRY_AFTER_S = 2;
const RETRY_AFTER_SPREAD_S = 4;

/** Returns the time after which a refused client should retry, in ms. */
export function retryAfterMs(): number {
  return (RETRY_AFTER_S + Math.random() * RETRY_AFTER_SPREAD_S) * 1_000;
}

/** Returns an answer that asks the client to retry later. */
export function retryLater(status: 429 | 503, code: string, text: string, headers?: HttpAnswer["headers"]): HttpAnswer {
  const seconds = Math.floor(retryAfterMs() / 1_000);
  return { status, code, headers: { ...TEXT_HEADERS, "retry-after": String(seconds), ...headers }, text };
}

/** Returns the answer for a stream that could not be opened. */
export function notOpened(): HttpAnswer {
  return retryLater(503, "NOT_OPENED", "The event stream could not be opened.");
}
