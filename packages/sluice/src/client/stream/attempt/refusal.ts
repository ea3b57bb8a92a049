import type { AttemptEnd } from "./attempt-end.ts";

/** The reader of a body. */
export type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Settles as the promise does, but rejects as soon as the attempt has ended. One call at a time. */
export type Wait = <T>(promise: PromiseLike<T>) => Promise<T>;

/** The part of the body that is read. */
const MAX_BYTES = 16_384;
const TIMEOUT_MS = 5_000;

/** Returns the end of an attempt whose answer is no event stream. Reads the start of its body. */
export async function refusalOf(
  status: number,
  headers: Headers,
  reader: Reader | undefined,
  wait: Wait,
): Promise<AttemptEnd> {
  if (status === 204) return { type: "no-content" };
  const body = await startOf(reader, wait);
  if (status === 200) return { type: "wrong-type", contentType: headers.get("content-type"), body };
  return { type: "status", status, body, retryAfter: retryAfterOf(headers) };
}

async function startOf(reader: Reader | undefined, wait: Wait): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let left = MAX_BYTES;
  // The reader then reports the end.
  const timer = setTimeout(() => reader?.cancel().catch(() => {}), TIMEOUT_MS);
  try {
    while (reader && left > 0) {
      const { value } = await wait(reader.read());
      if (!value) break;
      text += decoder.decode(value.subarray(0, left), { stream: true });
      left -= value.length;
    }
  } catch {
    // The connection was cut. The status came before.
  }
  clearTimeout(timer);
  return text;
}

/**
 * Returns the time that `Retry-After` asks for, in ms (RFC 9110, section 10.2.3: seconds, or a date); `undefined`
 * without a valid one. A date is compared with the server's own, since the clock of this machine may be wrong.
 */
export function retryAfterOf(headers: Headers): number | undefined {
  // `null` is read as the text "null".
  const value = headers.get("retry-after")!;
  if (/^\d+$/.test(value)) return +value * 1_000;
  const ms = Date.parse(value) - (Date.parse(headers.get("date")!) || Date.now());
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
