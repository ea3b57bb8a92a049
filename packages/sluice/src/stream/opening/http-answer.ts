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

/** A client that used the connection again would only meet the next refusal. HTTP/2 has no such header. */
const LAST_ANSWER = { connection: "close" };

/** Answers that ask the client to retry later. */
export const RETRY_LATER = {
  draining: (): HttpAnswer => later(503, "DRAINING", "This server is shutting down. Retry in a moment.", LAST_ANSWER),
  full: (): HttpAnswer => later(503, "TOO_MANY_STREAMS", "This server has reached its limit of event streams."),
  broken: (): HttpAnswer => later(503, "NOT_OPENED", "The event stream could not be opened."),
  ownLimit: (limit: number): HttpAnswer =>
    later(429, "TOO_MANY_STREAMS_OF_KEY", `At most ${limit} event streams may be open at a time.`),
} as const;

function later(status: 429 | 503, code: string, text: string, headers?: HttpAnswer["headers"]): HttpAnswer {
  const seconds = RETRY_AFTER_S + Math.floor(Math.random() * RETRY_AFTER_SPREAD_S);
  return { status, code, headers: { ...TEXT_HEADERS, "retry-after": String(seconds), ...headers }, text };
}
