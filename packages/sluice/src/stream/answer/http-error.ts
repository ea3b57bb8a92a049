import { isSluiceError } from "../../base/errors/is-sluice-error.ts";
import { SluiceError, type SluiceErrorCode } from "../../base/errors/sluice-error.ts";
import { isSoundHeader } from "./header-rules.ts";
import { type HttpAnswer, TEXT_HEADERS } from "./http-answer.ts";

/** The code of a refusal if the error of the source has none. */
const SOURCE_FAILED = "SOURCE_FAILED";

const NOT_OPENED = "The event stream could not be opened.";

/**
 * The headers of an error that a 5xx keeps. A 4xx is an answer that the source chose for this client. A 5xx is mostly
 * the error of another server, whose cookies and addresses are not for this client.
 */
const HEADERS_OF_5XX: ReadonlySet<string> = new Set(["retry-after"]);

/**
 * Returns the answer for an error of a source: its `status` (or `statusCode`) from 400 to 599, else 500. With a 4xx,
 * the client sees the error's message and `headers`; with a 5xx, only its `retry-after`. Never throws.
 */
export function httpError(error: unknown): HttpAnswer {
  try {
    return answerOf((error ?? {}) as Record<string, unknown>);
  } catch {
    // A property of the error threw when it was read.
    return { status: 500, code: SOURCE_FAILED, headers: TEXT_HEADERS, text: NOT_OPENED };
  }
}

function answerOf({ status, statusCode, code: ownCode, message, headers }: Record<string, unknown>): HttpAnswer {
  const code = typeof ownCode === "string" && ownCode !== "" ? ownCode : SOURCE_FAILED;
  const given = status ?? statusCode;
  const isStatus = typeof given === "number" && Number.isInteger(given) && given >= 400 && given <= 599;
  if (!isStatus) return { status: 500, code, headers: TEXT_HEADERS, text: NOT_OPENED };
  return {
    status: given,
    code,
    headers: { ...soundHeaders(headers, given), ...TEXT_HEADERS },
    text: given < 500 && typeof message === "string" && message !== "" ? message : NOT_OPENED,
  };
}

/** Returns the headers of an error that can be sent with the status. Drops all others. */
function soundHeaders(headers: unknown, status: number): Record<string, string> {
  if (typeof headers !== "object" || headers === null) return {};
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const isKept = (name: string) => status < 500 || HEADERS_OF_5XX.has(name);
  return Object.fromEntries(entries.filter(([name, value]) => isKept(name) && isSoundHeader(name, value)));
}

/** Codes of the errors with which Sluice itself refuses a request. The application's own code has not failed. */
const OWN_REFUSALS: ReadonlySet<string> = new Set(["UNKNOWN_JOB", "LOG_FAILED", "CLOSED", "TOO_MANY_CHANNELS"]);

/** Returns true if Sluice refuses a request with this error, like one beyond a limit. Never throws. */
export function isOwnRefusal(error: unknown): boolean {
  try {
    return isSluiceError(error) && OWN_REFUSALS.has(error.code);
  } catch {
    // A property of the error threw when it was read.
    return false;
  }
}

/** Headers of a refusal that fit any body and any protocol. */
const HEADERS_OF_REFUSALS = ["retry-after", "allow", "cache-control"];

/** Returns a refusal as an error, for the error handling of a framework. */
export function refusalError({ status, code, headers, text }: HttpAnswer): SluiceError {
  const kept = Object.entries(headers).filter(([name]) => HEADERS_OF_REFUSALS.includes(name));
  const fields = { status, statusCode: status, headers: Object.fromEntries(kept) };
  return Object.assign(new SluiceError(code as SluiceErrorCode, text), fields);
}
