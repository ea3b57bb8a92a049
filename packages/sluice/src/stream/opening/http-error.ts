import { isSoundHeader } from "./header-rules.ts";
import { type HttpAnswer, TEXT_HEADERS } from "./http-answer.ts";

const NOT_OPENED = "The event stream could not be opened.";

/**
 * Returns the answer for an error of a source: its `status` (or `statusCode`) from 400 to 599, else 500, and its
 * `headers`. The client sees the message only with a 4xx, which blames the request.
 */
export function httpError(error: unknown): HttpAnswer {
  const { status, statusCode, message, headers } = (error ?? {}) as Record<string, unknown>;
  const given = status ?? statusCode;
  if (typeof given !== "number" || !Number.isInteger(given) || given < 400 || given > 599)
    return { status: 500, headers: TEXT_HEADERS, text: NOT_OPENED };
  return {
    status: given,
    headers: { ...soundHeaders(headers), ...TEXT_HEADERS },
    text: given < 500 && typeof message === "string" && message !== "" ? message : NOT_OPENED,
  };
}

/** Returns the headers of an error that can be sent. Drops all others. */
function soundHeaders(headers: unknown): Record<string, string> {
  if (typeof headers !== "object" || headers === null) return {};
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries.filter(([name, value]) => isSoundHeader(name, value)));
}
