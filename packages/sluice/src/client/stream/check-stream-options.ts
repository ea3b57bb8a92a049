import { SluiceError } from "../../base/errors/sluice-error.ts";
import { evaluate } from "./attempt/send-request.ts";
import type { LoopSettings } from "./attempt-loop.ts";
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
  method: undefined,
  headers: undefined,
  body: undefined,
  shareKey: undefined,
  fetch: jsonOrText,
  withCredentials: undefined,
};

/** Returns the settings of a stream. Throws `INVALID_OPTION`. */
export function checkStreamOptions(address: StreamUrl, options: EventStreamOptions): StreamSettings {
  const settings: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(options)) {
    const type = typeof SAMPLES[name as keyof EventStreamOptions];
    check(Object.hasOwn(SAMPLES, name), "a known option", name);
    if (value === undefined) continue;
    const isOfType = typeof value === type && value !== null && (type !== "number" || value >= 1);
    check(isOfType || type === "undefined", `${name}: ${type}`, value);
    settings[name] = value;
  }
  const hasFreshUrl = typeof address === "function";
  const { headers, body, method = body ? "POST" : undefined, withCredentials } = options;
  const { persist, persistKey = hasFreshUrl ? "" : `${address}`, shareAcrossTabs, shareKey } = options;
  const fixed = (value: unknown) => (typeof value === "function" ? undefined : value);
  // A stream cannot be sent again. Some packages replace the global `Request` by one that takes it.
  let problem = (body as Partial<ReadableStream> | undefined)?.getReader && (body as unknown);
  try {
    // It also refuses a URL with a user name or a password, as `fetch` does.
    const init = { method, headers: fixed(headers), body: fixed(body) } as RequestInit;
    new Request(hasFreshUrl ? "http://x" : absolute(address), init);
  } catch (error) {
    problem = error;
  }
  check(!problem, "a valid request", problem);
  check(!persist || "load" in persist || ("getItem" in persist && persistKey), "a persistKey", persist);
  const isPrivate = shareAcrossTabs && (headers || body || withCredentials);
  check(!isPrivate || shareKey !== undefined, "a shareKey", shareKey);
  return {
    ...settings,
    method,
    url: async () => absolute(await evaluate(address)),
    hasFreshUrl,
    persistKey,
  } as unknown as StreamSettings;
}

/** Throws `INVALID_OPTION` unless the condition holds. */
export function check(condition: unknown, expected: string, value: unknown): void {
  if (!condition) throw new SluiceError("INVALID_OPTION", `Expected ${expected}, but got ${String(value)}`);
}

/** Returns a URL, which may be relative to the page. */
function absolute(address: string | URL): URL {
  const { document, location } = globalThis as Partial<typeof globalThis>;
  return new URL(address, document?.baseURI ?? location?.href);
}
