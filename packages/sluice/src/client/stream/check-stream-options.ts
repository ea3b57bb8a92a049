import { evaluate } from "./attempt/send-request.ts";
import type { LoopSettings } from "./attempt-loop.ts";
import { check } from "./check.ts";
import type { DeliverySettings } from "./deliver/delivery.ts";
import { jsonOrText } from "./deliver/json-or-text.ts";
import type { EventStreamOptions, StreamUrl } from "./stream-options.ts";

/** The options of a stream, checked and complete. */
export interface StreamSettings extends LoopSettings, DeliverySettings {
  readonly signal?: AbortSignal | undefined;
  readonly lastEventId: string;
  readonly persist?: EventStreamOptions["persist"];
  readonly persistKey: string;
  readonly onError: NonNullable<EventStreamOptions["onError"]>;
  readonly pauseWhenHidden: boolean;
  readonly shortStreams: boolean;
  readonly shareAcrossTabs: boolean;
  readonly shareKey?: EventStreamOptions["shareKey"];
}

const DEFAULTS = {
  parse: jsonOrText,
  schemas: {},
  gapEvent: "gap",
  lastEventId: "",
  onError: ((error, context) => console.error("sluice:", context, error)) as StreamSettings["onError"],
  backoff: 1_000,
  maxBackoff: 30_000,
  stableAfter: 10_000,
  connectTimeout: 60_000,
  silenceTimeout: Number.POSITIVE_INFINITY,
  maxEventBytes: 2 ** 24,
  withCredentials: false,
  pauseWhenHidden: false,
  shortStreams: true,
  shareAcrossTabs: false,
};

/** Types of the options that have no default. `""`: checked with the request. */
const TYPES: Readonly<Partial<Record<keyof EventStreamOptions, string>>> = {
  signal: "object",
  persist: "object",
  persistKey: "string",
  onGap: "function",
  onAttemptEnd: "function",
  until: "string|object|function",
  method: "string",
  headers: "",
  body: "",
  shareKey: "string|function",
  fetch: "function",
};

/** Returns the settings of a stream. Throws `INVALID_OPTION`. */
export function checkStreamOptions(address: StreamUrl, options: EventStreamOptions): StreamSettings {
  const hasFreshUrl = typeof address === "function";
  const name = hasFreshUrl ? "" : ((address as Partial<URL> | undefined)?.href ?? address);
  check(typeof name === "string", "url: string", address);
  check(typeof options === "object" && options, "options: object", options);
  const settings: Record<string, unknown> = {
    ...DEFAULTS,
    address,
    url: async () => absolute(await evaluate(address)),
    method: options.body ? "POST" : undefined,
    persistKey: name,
  };
  for (const [option, value] of Object.entries(options)) {
    // Every object has a `toString`.
    const types = `${TYPES[option as keyof typeof TYPES] ?? typeof DEFAULTS[option as keyof typeof DEFAULTS]}`;
    check(types !== "undefined", "option", option);
    if (value === undefined) continue;
    check(!types || (value !== null && types.includes(typeof value)), `${option}: ${types}`, value);
    check(types !== "number" || value >= 1, `${option} >= 1`, value);
    settings[option] = value;
  }
  const { headers, body, withCredentials, until, persist, shareAcrossTabs, shareKey } = options;
  try {
    // A stream cannot be sent again. Some packages replace the global `Request` by one that takes it. And `fetch` sends
    // a plain object as the text "[object Object]".
    if ((body as Partial<ReadableStream> | undefined)?.getReader || body?.constructor === Object) throw "body";
    // It refuses a URL with a user name or a password, as `fetch` does.
    const init = { ...settings, headers: typeof headers === "function" ? [] : headers };
    new Request(hasFreshUrl ? "http://x" : absolute(address), init as RequestInit);
  } catch (error) {
    check(false, "url, headers and body", error);
  }
  // Texts, arrays and functions have a length.
  check(!until || until.length >= 0, "until", until);
  check(
    !persist || "load" in persist || ("getItem" in persist && settings.persistKey),
    "persist and persistKey",
    persist,
  );
  const isPrivate = shareAcrossTabs && (headers || body || withCredentials);
  check(!isPrivate || shareKey, "shareKey: string", shareKey);
  return settings as unknown as StreamSettings;
}

/** Returns a URL, which may be relative to the page. */
function absolute(address: string | URL): URL {
  const { document, location } = globalThis as Partial<typeof globalThis>;
  return new URL(address, document?.baseURI ?? location?.href);
}
