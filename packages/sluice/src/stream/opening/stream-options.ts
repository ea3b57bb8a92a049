import { checkFunction, checkNames, checkNumber, checkText, invalidOption } from "../../base/check-option.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import { checkFields } from "../../protocol/encode-event.ts";
import type { CloseReason } from "../close-reason.ts";
import type { Connection, Subscriber } from "../connection.ts";
import { HEADER_NAME, isHeaderValue, RESERVED_HEADERS } from "./header-rules.ts";

/** How one event stream is opened. */
export interface StreamOptions {
  /** The type of what the source yields without naming one; none: `message`. Events of a channel have their own. */
  readonly event?: string;
  /** Response headers to add, or to replace ours. `content-type` and those that frame the body stay. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The position to go on from, in place of what the request says in `Last-Event-ID` or `?lastEventId=`; `""`: none. */
  readonly lastEventId?: string;
  /** Idle time after which a comment is sent, in ms; `Infinity`: never. Default: that of the Sluice. */
  readonly heartbeat?: number;
  /** Reconnection time that the subscriber is told, in ms, jittered by ±20 %. Default: that of the Sluice. */
  readonly retry?: number;
  /** When the subscriber's credential expires: the stream ends then, with reason `expired`. A `Date`, or ms since 1970. */
  readonly expiresAt?: Date | number;
  /** Who this is, for `connections()` and `disconnect()`. */
  readonly subscriber?: Subscriber;
  /** Ends the stream when it aborts, with reason `disconnected`; while the source is still being opened, as soon as it is. */
  readonly signal?: AbortSignal;
  /** Called once, when the stream has ended, with what it was in the end; `undefined` where no stream was opened. */
  readonly onClose?: (reason: CloseReason, connection: Connection | undefined) => void;
}

const NAMES = ["event", "headers", "lastEventId", "heartbeat", "retry", "expiresAt", "subscriber", "signal", "onClose"];

/** Throws `INVALID_OPTION` where an option is not what its description says. */
export function checkStreamOptions(options: StreamOptions): void {
  checkNames("stream", options, NAMES);
  const { event, headers, lastEventId, expiresAt, subscriber, signal, onClose } = options;
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
  if (headers !== undefined) checkHeaders(headers);
}

function isTime(value: unknown): boolean {
  return value instanceof Date ? !Number.isNaN(value.getTime()) : typeof value === "number" && value >= 0;
}

/** Refuses what cannot be an event's type. */
export function checkEventType(name: string, value: unknown): void {
  try {
    checkFields({ event: value as string, data: "" });
  } catch (cause) {
    throw new SluiceError("INVALID_OPTION", `\`${name}\`: ${(cause as Error).message}`, { cause });
  }
}

function checkHeaders(headers: unknown): void {
  if (typeof headers !== "object" || headers === null)
    throw invalidOption("headers", "an object of header names and values", headers);
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw invalidOption("headers", "an object of header names and values", name);
    if (RESERVED_HEADERS.has(name.toLowerCase())) {
      throw new SluiceError(
        "INVALID_OPTION",
        `\`headers\`: \`${name}\` says how the body is sent, which Sluice does. Leave it out.`,
      );
    }
    if (!isHeaderValue(value)) throw invalidOption(`headers["${name}"]`, "a string on one line", value);
  }
}
