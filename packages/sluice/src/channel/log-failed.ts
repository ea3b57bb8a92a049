import { SluiceError } from "../protocol/sluice-error.ts";

/** The log could not do what it was asked, for now: a request that needs it is answered with 503. */
export class LogFailed extends SluiceError {
  readonly status = 503;
  readonly headers: Readonly<Record<string, string>> = { "retry-after": "2" };

  constructor(channel: string, what: string, cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super("LOG_FAILED", `The log of channel "${channel}" could not ${what}: ${message}`, { cause });
  }
}
