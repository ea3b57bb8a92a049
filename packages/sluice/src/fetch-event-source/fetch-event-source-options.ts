import { checkBoolean, invalidOption } from "../base/checks/check-option.ts";
import { SluiceError } from "../base/errors/sluice-error.ts";
import type { Fresh } from "../client/connection/request.ts";

/** The content type of an event stream. */
export const EventStreamContentType = "text/event-stream";

/** One message: the fields of a block as the server sent them. */
export interface EventSourceMessage {
  /** The event ID of this block; `""` if it has none. */
  id: string;
  /** The event type; `""` if the block has none. */
  event: string;
  /** The data, its lines joined by LF. */
  data: string;
  /** The reconnection time of this block, in ms. */
  retry?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: programs for the other package read its properties
type AnyError = any;

/** The delay before the next attempt, in ms, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing
type RetryInterval = number | null | undefined | void;

/** The options that `@microsoft/fetch-event-source` has, with every option of `fetch`. */
export interface FetchEventSourceInit extends RequestInit {
  /** Sets request headers. Names may be in upper or lower case. Default: `accept` prefers `text/event-stream`. */
  headers?: Record<string, string>;
  /**
   * Called with each answer, and awaited. It may check the answer and throw. Default: throws an `EventStreamError`
   * unless the answer is an event stream with a status of 2xx. A 204 ends the stream.
   */
  onopen?: (response: Response) => Promise<void>;
  /**
   * Called with each event of any type, one at a time. If it returns a promise, the next event follows when the promise
   * has settled. Default: none.
   */
  onmessage?: (ev: EventSourceMessage) => void;
  /** Called when the server has ended the stream. If it throws, `onerror` decides. Default: none. */
  onclose?: () => void;
  /**
   * Called with each error: of the request, the connection, or a callback. If it throws, the call ends with that error.
   * It may return the delay before the next attempt, in ms. Default: retries with a growing, random delay.
   */
  onerror?: (err: AnyError) => RetryInterval;
  /** `false`: closes the connection while the page is hidden, and resumes when it is visible. Default: `true`. */
  openWhenHidden?: boolean;
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: typeof fetch;
}

/** Options of `fetchEventSource()`. */
export interface FetchEventSourceOptions extends Omit<FetchEventSourceInit, "headers"> {
  /**
   * Sets request headers: a record, `Headers`, pairs, or a function that returns them for each attempt, also later.
   * Default: the headers of a `Request`, and `accept` prefers `text/event-stream`.
   */
  headers?: Fresh<HeadersInit>;
}

/**
 * Throws `INVALID_OPTION` if no attempt could send the request, or if a callback is no function. Leaves the URL and the
 * result of a function as `headers` to each attempt.
 */
export function checkOptions(input: unknown, options: FetchEventSourceOptions): void {
  const isInput = typeof input === "string" || "href" in Object(input) || "clone" in Object(input);
  if (!isInput) throw invalidOption("input", "a URL or a Request", input);
  // A promise of options has none of them.
  if (typeof options !== "object" || options === null || "then" in options)
    throw invalidOption("options", "an object", options);
  for (const name of ["onopen", "onmessage", "onclose", "onerror", "fetch"] as const) {
    const value: unknown = options[name];
    if (value != null && typeof value !== "function") throw invalidOption(name, "a function", value);
  }
  checkBoolean("openWhenHidden", options.openWhenHidden ?? undefined, true);
  const { signal, headers, body, method = (input as Partial<Request>).method } = options;
  if (signal != null && typeof signal.addEventListener !== "function")
    throw invalidOption("signal", "an AbortSignal", signal);
  // `fetch` sends a plain object as the text "[object Object]".
  if (body?.constructor === Object) throw invalidOption("body", "text, FormData or bytes", body);
  try {
    const sent = typeof headers === "function" ? {} : (headers ?? {});
    // A text stands for the body: a stream can be read once.
    new Request("http://x", { ...(method && { method }), headers: sent, body: body == null ? null : "x" });
  } catch (cause) {
    throw new SluiceError("INVALID_OPTION", `No valid request: ${(cause as Error).message}`, { cause });
  }
}
