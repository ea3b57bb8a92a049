// With the u flag, `\p{Surrogate}` matches lone surrogates. One would arrive as U+FFFD, and match neither a listener
// nor an ID in a log.
const UNSAFE = /[\r\n\0\p{Surrogate}]/u;

/** The expected value of a field whose value is not safe, for messages. */
export const SAFE_TEXT = "text without CR, LF, NUL or lone surrogates";

/** Returns true if a parser reads the value back unchanged as `event` or `id`. */
export function isSafe(value: unknown): value is string {
  return typeof value === "string" && !UNSAFE.test(value);
}
