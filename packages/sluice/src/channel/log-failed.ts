import { isSluiceError } from "../base/errors/is-sluice-error.ts";
import { RetryLaterError } from "../base/errors/retry-later-error.ts";
import { messageOf } from "../base/errors/thrown.ts";

/** Thrown when a log fails. */
class LogFailed extends RetryLaterError {
  readonly channel: string;

  constructor(channel: string, what: string, cause: unknown) {
    super("LOG_FAILED", `The log of channel "${channel}" could not ${what}: ${messageOf(cause)}`, { cause });
    this.channel = channel;
  }
}

/** Wraps a log's error as the `cause` of a `SluiceError`. A `SluiceError` with a code of its own stays as it is. */
export function logError(channel: string, what: string, cause: unknown): unknown {
  return isSluiceError(cause) && cause.code !== "LOG_FAILED" ? cause : new LogFailed(channel, what, cause);
}

/** Resolves to a log's answer. Rejects with {@link logError}; `what` completes "could not …". */
export async function askLog<T>(channel: string, what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw logError(channel, what, cause);
  }
}
