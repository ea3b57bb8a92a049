import { checkFunction, checkNames, checkNumber, checkText, invalidOption } from "../../base/checks/check-option.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { HEADER_NAME, isHeaderValue, RESERVED_HEADERS } from "../answer/header-rules.ts";
import { checkEventType, checkThrows, type ShortStreamOptions, type StreamOptions } from "./stream-options.ts";

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
  "shortStreams",
  "onClose",
  "onRefuse",
  "throws",
];

/** Throws `INVALID_OPTION` if an option is invalid. Loaded with the code of streams. */
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
  checkShortStreams(options.shortStreams);
  checkFunction("onClose", onClose);
  checkFunction("onRefuse", options.onRefuse);
  checkThrows(options.throws);
  if (headers !== undefined) checkHeaders(headers);
  if (methods !== undefined && !(Array.isArray(methods) && methods.length > 0 && methods.every(isMethod)))
    throw invalidOption("methods", 'names of methods in upper case, such as ["GET", "POST"]', methods);
}

function checkShortStreams(value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  if (typeof value !== "object" || value === null)
    throw invalidOption("shortStreams", "true, false or an object of options", value);
  checkNames("shortStreams", value, ["wait"]);
  const { wait } = value as ShortStreamOptions;
  checkNumber("shortStreams.wait", wait, 0, { min: 100, max: 3_600_000, unit: "ms" });
}

function isMethod(value: unknown): boolean {
  return typeof value === "string" && /^[A-Z-]+$/.test(value);
}

function isTime(value: unknown): boolean {
  const isDate = typeof (value as Date | null)?.getTime === "function";
  return isDate ? !Number.isNaN(Number(value)) : typeof value === "number" && value >= 0;
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
