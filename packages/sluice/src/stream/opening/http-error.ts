import { isSoundHeader } from "./header-rules.ts";
import { type HttpAnswer, TEXT_HEADERS } from "./http-answer.ts";

const NOT_OPENED = "The event stream could not be opened.";

/**
 * What a client may know of an error: its `status` (or `statusCode`) and its `headers`, and its message only where the status says that
 * the client is at fault.
 */
export function httpError(error: unknown): HttpAnswer {
  const { status, statusCode, message, headers } = (error ?? {}) as Record<string, unknown>;
  const told = status ?? statusCode;
  if (typeof told !== "number" || !Number.isInteger(told) || told < 400 || told > 599)
    return { status: 500, headers: TEXT_HEADERS, text: NOT_OPENED };
  return {
    status: told,
    headers: { ...soundHeaders(headers), ...TEXT_HEADERS },
    text: told < 500 && typeof message === "string" && message !== "" ? message : NOT_OPENED,
  };
}

/** The headers of an error that can be sent as they are; others are left out. */
function soundHeaders(headers: unknown): Record<string, string> {
  if (typeof headers !== "object" || headers === null) return {};
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries.filter(([name, value]) => isSoundHeader(name, value)));
}
