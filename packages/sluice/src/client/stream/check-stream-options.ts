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
  maxEventBytes: 16 * 1024 * 1024,
  withCredentials: false,
  pauseWhenHidden: false,
  shortStreams: true,
  shareAcrossTabs: false,
};

/** Values of the types that the options must have. `undefined`: checked elsewhere. */
const SAMPLES: Readonly<Record<keyof EventStreamOptions, unknown>> = {
  ...DEFAULTS,
  signal: {},
  persist: {},
  persistKey: "",
  onGap: jsonOrText,
  onAttemptEnd: jsonOrText,
  until: undefined,
  method: "",
  headers: undefined,
  body: undefined,
  shareKey: undefined,
  fetch: jsonOrText,
};

/** Returns the settings of a stream. Throws `INVALID_OPTION`. */
export function checkStreamOptions(address: StreamUrl, options: EventStreamOptions): StreamSettings {
  const hasFreshUrl = typeof address === "function";
  const settings: Record<string, unknown> = {
    ...DEFAULTS,
    address,
    url: async () => absolute(await evaluate(address)),
    method: options.body ? "POST" : undefined,
    persistKey: hasFreshUrl ? "" : `${address}`,
  };
  for (const [name, value] of Object.entries(options)) {
    const type = typeof SAMPLES[name as keyof EventStreamOptions];
    check(name in SAMPLES, "option", name);
    if (value === undefined) continue;
    const isOfType = typeof value === type && value !== null && (type !== "number" || value >= 1);
    check(isOfType || type === "undefined", `${name}: ${type}${type === "number" ? " >= 1" : ""}`, value);
    settings[name] = value;
  }
  const { headers, body, withCredentials, until, persist, shareAcrossTabs, shareKey } = options;
  try {
    // A stream cannot be sent again. Some packages replace the global `Request` by one that takes it.
    if ((body as Partial<ReadableStream> | undefined)?.getReader) throw body;
    // It refuses a URL with a user name or a password, as `fetch` does.
    const init = { ...settings, headers: typeof headers === "function" ? [] : headers };
    new Request(hasFreshUrl ? "http://x" : absolute(address), init as RequestInit);
  } catch (error) {
    check(false, "request", error);
  }
  // Texts, arrays and functions have a length.
  check(!until || until.length >= 0, "until", until);
  check(
    !persist || "load" in persist || ("getItem" in persist && settings.persistKey),
    "persist and persistKey",
    persist,
  );
  const isPrivate = shareAcrossTabs && (headers || body || withCredentials);
  check(!isPrivate || shareKey, "shareKey", shareKey);
  return settings as unknown as StreamSettings;
}

/** Returns a URL, which may be relative to the page. */
function absolute(address: string | URL): URL {
  const { document, location } = globalThis as Partial<typeof globalThis>;
  return new URL(address, document?.baseURI ?? location?.href);
}
