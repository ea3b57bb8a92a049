/** Returns the message of a thrown `Error`, or any other thrown value as text. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    const { message } = (thrown ?? {}) as { message?: unknown };
    return typeof message === "string" ? message : String(thrown);
  } catch {
    return "an error without a message";
  }
}

/** Returns true if the value is an `AbortError`, which is expected after the end of a stream. Never throws. */
export function isAbortError(thrown: unknown): boolean {
  try {
    return (thrown as { name?: unknown } | null | undefined)?.name === "AbortError";
  } catch {
    return false;
  }
}
