import type { EventStreamOptions, StreamUrl } from "../stream/stream-options.ts";

/** The URL and the options of a stream, as one of its users asks for it. */
export interface StreamRequest extends EventStreamOptions {
  readonly url: StreamUrl;
}

/** Options that do not decide on the events: docs/decisions/098-a-text-names-the-user.md. */
const EXCHANGEABLE = ["persist", "onAttemptEnd", "fetch", "headers", "onError"];

/** Returns the request of a URL and options. */
export function requestOf(url: StreamUrl, options?: EventStreamOptions): StreamRequest {
  const headers = options?.headers;
  return {
    ...options,
    headers: headers instanceof Headers ? [...headers] : headers,
    url: (url as Partial<URL>)?.href ?? url,
  };
}

/**
 * Returns true if two values are the same: equal texts, numbers and booleans, plain objects and arrays of the same
 * values, and the same function or other object. If `loose` is `true`, a function or another object is the same as any
 * of its class. If `loose` is the key that names the user, this holds only for the options in `EXCHANGEABLE`.
 */
export function isSame(a: unknown, b: unknown, loose?: unknown): boolean {
  if (a === b) return true;
  if (classOf(a) !== classOf(b)) return false;
  // An object without a prototype has no class.
  if (![Object, Array, undefined].includes(classOf(a))) return loose === true && Object(a) === a;
  return Object.keys({ ...(a as Contents), ...(b as Contents) }).every((name) =>
    isSame(
      (a as Contents)?.[name],
      (b as Contents)?.[name],
      loose === true || (!!loose && EXCHANGEABLE.includes(name)),
    ),
  );
}

type Contents = Readonly<Record<string, unknown>> | undefined;

/** Returns the class of a value. `undefined` and `null` count as empty objects. */
const classOf = (value: unknown) => Object(value).constructor;
