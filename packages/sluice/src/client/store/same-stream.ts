import type { EventStreamOptions, StreamUrl } from "../stream/stream-options.ts";

/** The URL and the options of a stream, as one of its users asks for it. */
export interface StreamRequest extends EventStreamOptions {
  readonly url: StreamUrl;
}

/** Returns the request of a URL and options. */
export function requestOf(url: StreamUrl, options: EventStreamOptions): StreamRequest {
  return { ...options, url: typeof url === "function" ? url : `${url}` };
}

/**
 * Returns true if two values are the same: equal texts, numbers and booleans, plain objects and arrays of the same
 * values, and the same function or other object. `loosely`, a function or another object is the same as any of its
 * kind.
 */
export function isSame(a: unknown, b: unknown, loosely: boolean): boolean {
  return (
    a === b ||
    (kindOf(a) === kindOf(b) &&
      (([Object, Array] as unknown[]).includes(kindOf(a))
        ? Object.keys({ ...(a as object), ...(b as object) }).every((name) =>
            isSame((a as Contents)[name], (b as Contents)[name], loosely),
          )
        : loosely && Object(a) === a))
  );
}

type Contents = Record<string, unknown>;

const kindOf = (value: unknown) => (value as object | undefined)?.constructor;
