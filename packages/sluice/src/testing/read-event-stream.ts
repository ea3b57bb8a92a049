import { checkNames, invalidOption } from "../base/checks/check-option.ts";
import { checkHeaders } from "./check-headers.ts";
import { EventStreamReader } from "./event-stream-reader.ts";
import { checkTimeout, inTime } from "./time-limit.ts";

/** Options of {@link readEventStream}. */
export interface ReadEventStreamOptions {
  /** Sets request headers, such as `authorization`. Default: none besides `accept`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends this position as `Last-Event-ID`, like a browser that reconnects. `""`: sends none. Default: `""`. */
  readonly lastEventId?: string;
  /** Aborts the request and the stream, as `close()` does. Default: none. */
  readonly signal?: AbortSignal;
  /** Limits the time for the head, and then for each event, in ms. `Infinity`: no limit. Default: 4,000. */
  readonly timeout?: number;
}

/**
 * Opens an event stream in a test, and resolves to a reader of its events. Takes a URL to fetch, or a `Response`: of
 * Hono's `app.request()`, of a route handler of Next.js, or of `sluice.response()`.
 *
 * ```ts
 * await using stream = await readEventStream(`${origin}/orders`, { headers: { authorization } });
 * await placeOrder();
 * expect(await stream.next()).toMatchObject({ type: "placed", lastEventId: expect.any(String) });
 * ```
 *
 * Rejects if the answer is not an event stream, with a message that shows the answer. Also rejects with the error of
 * `fetch`, and with `INVALID_OPTION`.
 */
export async function readEventStream(
  from: string | URL | Response,
  options: ReadEventStreamOptions = {},
): Promise<EventStreamReader> {
  checkNames("readEventStream", options, ["headers", "lastEventId", "signal", "timeout"]);
  const { signal, lastEventId = "" } = options;
  if (typeof lastEventId !== "string") throw invalidOption("lastEventId", "a string", lastEventId);
  if (signal != null && typeof signal.addEventListener !== "function")
    throw invalidOption("signal", "an AbortSignal", signal);
  checkHeaders(options.headers);
  const timeout = checkTimeout(options.timeout);
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });

  const response = isUrl(from) ? await request(from, options, timeout, controller) : from;
  if (!isResponse(response)) throw invalidOption("from", "a URL or a Response", from);
  const { status, headers } = response;
  const type = headers.get("content-type");
  if (status === 200 && EVENT_STREAM.test(type ?? ""))
    return new EventStreamReader(response, { controller, lastEventId, timeout });
  const text = await startOf(response);
  controller.abort();
  throw new Error(`Expected an event stream, but the answer is ${status}, ${type ?? "no type"}: ${text}`);
}

/** The MIME type of an event stream, with any parameters. */
const EVENT_STREAM = /^text\/event-stream\s*(;|$)/i;
/** The part of a refusal that the error shows, and the time for it. */
const SHOWN_LENGTH = 200;
const SHOWN_AFTER_MS = 500;

function isUrl(from: unknown): from is string | URL {
  return typeof from === "string" || (isObject(from) && "href" in from);
}

function isResponse(value: unknown): value is Response {
  return isObject(value) && "headers" in value && "body" in value;
}

/** Returns true for an object of any realm: a test runner may have its own `Object`. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Resolves to the start of a body that may never end, and cancels the rest. */
async function startOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const timer = setTimeout(() => void reader?.cancel().catch(() => undefined), SHOWN_AFTER_MS);
  try {
    while (reader && text.length < SHOWN_LENGTH) {
      const { value } = await reader.read();
      if (value === undefined) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // The connection was cut. The error shows what came before.
  }
  clearTimeout(timer);
  void reader?.cancel().catch(() => undefined);
  return text.slice(0, SHOWN_LENGTH);
}

async function request(
  address: string | URL,
  { headers, lastEventId = "" }: ReadEventStreamOptions,
  timeout: number,
  controller: AbortController,
): Promise<Response> {
  // [spec] Let encodedLastEventId be the result of encoding the last event ID string as UTF-8.
  // `fetch` takes a header as a string with one character for each byte.
  const position = lastEventId === "" ? {} : { "last-event-id": byteString(lastEventId) };
  const { signal } = controller;
  const sent = fetch(address, { headers: { accept: "text/event-stream", ...position, ...headers }, signal });
  return inTime(timeout, sent, () => `No answer from ${address}`).catch((error) => {
    controller.abort();
    throw error;
  });
}

function byteString(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
