import { SluiceError } from "../base/sluice-error.ts";

/** The log could not do what it was asked, for now: a request that needs it is answered with 503. */
class LogFailed extends SluiceError {
  readonly status = 503;
  readonly headers: Readonly<Record<string, string>> = { "retry-after": "2" };

  constructor(channel: string, what: string, cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super("LOG_FAILED", `The log of channel "${channel}" could not ${what}: ${message}`, { cause });
  }
}

/** What whoever asked is told of a log's error: it is the cause of ours. */
export function logError(channel: string, what: string, cause: unknown): unknown {
  // A log that says CLOSED or INVALID_OPTION has said it all.
  return cause instanceof SluiceError && cause.code !== "LOG_FAILED" ? cause : new LogFailed(channel, what, cause);
}

/** Resolves to a log's answer. */
export async function askLog<T>(channel: string, what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw logError(channel, what, cause);
  }
}
