import { checkFunction, checkNames, checkNumber, checkText, invalidOption } from "../../base/check-option.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import { isSafe, SAFE_TEXT } from "../../protocol/safe-text.ts";
import type { CloseReason } from "../close-reason.ts";
import type { Connection, Subscriber } from "../connection.ts";
import { HEADER_NAME, isHeaderValue, RESERVED_HEADERS } from "./header-rules.ts";
import type { OnRefuse, Throws } from "./refusal.ts";

/** Options of one event stream. */
export interface StreamOptions {
  /** Event type of values that carry none. Default: `message`. Events of a channel have their own types. */
  readonly event?: string;
  /**
   * Response headers to add or to replace, on every answer: also on 204 and on refusals, whose own headers win.
   * `content-type` and the headers that frame the body cannot be set. Default: none.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The methods that open a stream, in upper case; others get 405. `GET` allows `HEAD` too. Default: `["GET"]`.
   */
  readonly methods?: readonly string[];
  /**
   * The position to resume from; `""`: none. Default: the header `Last-Event-ID` of the request, or else its query
   * parameter `lastEventId`.
   */
  readonly lastEventId?: string;
  /** Idle time after which a heartbeat is sent, in ms; `Infinity`: never. Default: the option of the Sluice. */
  readonly heartbeat?: number;
  /** Reconnection time sent to the subscriber, in ms, jittered by ±20 %. Default: the option of the Sluice. */
  readonly retry?: number;
  /**
   * Time at which the subscriber's credential expires: a `Date`, or ms since 1970. The stream then ends as `expired`.
   * If the wall clock is set while the stream is open, the earlier end counts: by the wall clock, or by the time that
   * was left when the request arrived. Default: never.
   */
  readonly expiresAt?: Date | number;
  /** Names of the subscriber, for `connections()` and `disconnect()`. Default: none. */
  readonly subscriber?: Subscriber;
  /**
   * Ends the stream as `disconnected` when it aborts. If the source is still being opened, the stream ends right after.
   * Default: none.
   */
  readonly signal?: AbortSignal;
  /**
   * Called once, when the stream has ended. `connection` describes the stream at its end; it is `undefined` if no
   * stream was opened. It finds the stores of `AsyncLocalStorage` that the call had. `onError` receives what it throws,
   * or what its promise rejects with. Default: none.
   */
  readonly onClose?: (reason: CloseReason, connection: Connection | undefined) => void;
  /**
   * Returns the body of an answer that refuses the request, and its content type; `undefined`: Sluice's own text. It is
   * not called for a 204. Default: the option of the Sluice.
   */
  readonly onRefuse?: OnRefuse;
  /**
   * Sets which failures before the head the application handles, instead of Sluice's own answer. `"errors"`: those of
   * the source function. `"all"`: also refusals, such as 405, 429, 503 and an unknown job. `"none"`: none. The adapters
   * pass such an error to the error handling of their framework; otherwise the promise of the call rejects with it.
   * Default: the option of the Sluice.
   */
  readonly throws?: Throws;
}

const NAMES = [
  "event",
  "headers",
  "methods",
  "lastEventId",
  "heartbeat",
  "retry",
  "expiresAt",
  "subscriber",
  "signal",
  "onClose",
  "onRefuse",
  "throws",
];

/** Throws `INVALID_OPTION` if an option is invalid. */
export function checkStreamOptions(options: StreamOptions): void {
  checkNames("stream", options, NAMES);
  const { event, headers, methods, lastEventId, expiresAt, subscriber, signal, onClose } = options;
  if (event !== undefined) checkEventType("event", event);
  if (lastEventId !== undefined && typeof lastEventId !== "string")
    throw invalidOption("lastEventId", "a string", lastEventId);
  checkNumber("heartbeat", options.heartbeat, 0, { min: 1, infinite: true, unit: "ms" });
  checkNumber("retry", options.retry, 0, { whole: true, unit: "ms" });
  if (expiresAt !== undefined && !isTime(expiresAt))
    throw invalidOption("expiresAt", "a valid Date, or a number of ms since 1970", expiresAt);
  if (subscriber !== undefined && (typeof subscriber !== "object" || subscriber === null))
    throw invalidOption("subscriber", "an object", subscriber);
  checkText("subscriber.id", subscriber?.id);
  checkText("subscriber.user", subscriber?.user);
  if (signal !== undefined && typeof signal?.addEventListener !== "function")
    throw invalidOption("signal", "an AbortSignal", signal);
  checkFunction("onClose", onClose);
  checkFunction("onRefuse", options.onRefuse);
  checkThrows(options.throws);
  if (headers !== undefined) checkHeaders(headers);
  if (methods !== undefined && !(Array.isArray(methods) && methods.length > 0 && methods.every(isMethod)))
    throw invalidOption("methods", 'names of methods in upper case, such as ["GET", "POST"]', methods);
}

/** Throws `INVALID_OPTION` unless the value is one of the option `throws`, or `undefined`. */
export function checkThrows(value: unknown): void {
  if (value !== undefined && !["none", "errors", "all"].includes(value as string))
    throw invalidOption("throws", '"none", "errors" or "all"', value);
}

function isMethod(value: unknown): boolean {
  return typeof value === "string" && /^[A-Z-]+$/.test(value);
}

function isTime(value: unknown): boolean {
  const isDate = typeof (value as Date | null)?.getTime === "function";
  return isDate ? !Number.isNaN(Number(value)) : typeof value === "number" && value >= 0;
}

/** Throws `INVALID_OPTION` if the value cannot be an event type. */
export function checkEventType(name: string, value: unknown): void {
  if (!isSafe(value)) throw invalidOption(name, SAFE_TEXT, value);
}

function checkHeaders(headers: unknown): void {
  if (typeof headers !== "object" || headers === null)
    throw invalidOption("headers", "an object of header names and values", headers);
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw invalidOption("headers", "an object of header names and values", name);
    if (RESERVED_HEADERS.has(name.toLowerCase())) {
      throw new SluiceError(
        "INVALID_OPTION",
        `\`headers\` must not contain \`${name}\`: Sluice decides how the body is sent. Remove it.`,
      );
    }
    if (!isHeaderValue(value)) throw invalidOption(`headers["${name}"]`, "a string on one line", value);
  }
}
