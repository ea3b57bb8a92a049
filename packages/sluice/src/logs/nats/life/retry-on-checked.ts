import { type Defined, retryIdempotent } from "../../shared/failures/retry-idempotent.ts";
import { apiCode, BrokenLink, isTimeout, ReplacedStream, STREAM_NOT_FOUND } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { timeoutError } from "../connection/timeout-error.ts";

/** Pause before work is retried, in ms: doubled from the first to the longest. */
const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 320;

/** A log that is checked before work on it begins. */
export interface CheckedLog {
  readonly epoch: string;
  /** True if the log was checked over the current connection. */
  readonly isChecked: boolean;
  check(): Promise<number>;
  /** Makes {@link isChecked} false: the stream is missing or was replaced. */
  uncheck(): void;
  throwIfClosed(): void;
}

/** Options of {@link retryOnChecked}. */
export interface RetryOnCheckedOptions {
  readonly log: CheckedLog;
  readonly link: NatsLink;
  /** The log's timeout, in ms. */
  readonly timeout: number;
  /** Completes the message of the error at the timeout: NATS did not `task`. */
  readonly task: string;
}

/**
 * Runs idempotent `work` on a checked log. Retries it until the timeout if the connection or the epoch changed while it
 * ran, or if it returned `undefined`. Rejects at the timeout.
 */
export function retryOnChecked<T extends Defined>(
  { log, link, timeout, task }: RetryOnCheckedOptions,
  work: () => Promise<T | undefined>,
): Promise<T> {
  const options = {
    timeout,
    timeoutError: () => timeoutError(link, timeout, task),
    pause: (attempts: number) => Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1)),
  };
  return retryIdempotent(options, async () => {
    log.throwIfClosed();
    if (!log.isChecked) await log.check();
    const { epoch } = log;
    const { identity } = link;
    try {
      const result = await link.whileUp(work());
      return log.epoch === epoch && link.identity === identity ? result : undefined;
    } catch (error) {
      if (apiCode(error) === STREAM_NOT_FOUND || error instanceof ReplacedStream) log.uncheck();
      else if (!(error instanceof BrokenLink) && !isTimeout(error)) throw error;
      return undefined;
    }
  });
}
