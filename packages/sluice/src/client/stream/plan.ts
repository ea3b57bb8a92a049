import { type AttemptEnd, type EventStreamError, failureOf } from "./attempt/attempt-end.ts";
import { check } from "./check.ts";
import type { EventStreamOptions, StreamErrorContext } from "./stream-options.ts";

/** The settings that decide what follows an attempt. */
export interface PlanSettings extends Pick<EventStreamOptions, "headers" | "body" | "onAttemptEnd"> {
  /** The first and the largest window of the back-off, in ms. */
  readonly backoff: number;
  readonly maxBackoff: number;
  /** Time after which an open connection is stable, in ms. */
  readonly stableAfter: number;
  /** The URL, or a function that returns it. */
  readonly address?: unknown;
}

/** The history of a stream, as far as it decides what follows an attempt. It is empty at first. */
export interface History {
  /** The server's reconnection time, in ms. Default: 0. */
  retry?: number;
  /** Number of attempts since a stable one. Default: 0. */
  failures?: number;
  /** 1 if an answer was 401 or 403 since an answer was accepted. Default: 0. */
  refusals?: 0 | 1;
  /** When the attempt received the head of an event stream. Default: 0, it has not. */
  openedAt?: number;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The delay before the next attempt, in ms; or the end of the stream, with its error if it has failed. */
export type Plan = number | { readonly failure: EventStreamError | undefined };

/** Decides what follows an attempt. Never rejects. */
export async function planAfter(
  end: AttemptEnd,
  history: History,
  settings: PlanSettings,
  { failed }: { failed(error: unknown, stage: StreamErrorContext["stage"]): void },
): Promise<Plan> {
  const canAskAgain = [settings.address, settings.headers, settings.body].some((each) => typeof each === "function");
  const { openedAt } = history;
  if (openedAt) {
    history.openedAt = history.refusals = 0;
    if (performance.now() - openedAt >= settings.stableAfter) history.failures = 0;
  }
  const { status, retryAfter = 0 } = end as { status?: number; retryAfter?: number };
  // Exponential, with full jitter, so that clients that lost one server come back spread over the whole window. The
  // window begins at the time that the server asks for.
  const delay = () => {
    const { retry = 0, failures = 0 } = history;
    history.failures = failures + 1;
    const window = Math.min(LONGEST_TIMER_MS, settings.maxBackoff, settings.backoff * 2 ** failures);
    return Math.max(retry, retryAfter) + Math.random() * window;
  };
  let planned: number | undefined;
  if (end.type === "superseded") {
    planned = 0;
  } else if (status === 401 || status === 403) {
    // The functions among the options may return fresh credentials, once.
    if (canAskAgain && !history.refusals) planned = 0;
    history.refusals = 1;
  } else if (status === 429 || status! >= 500 || /^(ended|network|silent)$/.test(end.type)) {
    planned = delay();
  }
  try {
    const verdict = await settings.onAttemptEnd?.(end, { retryIn: planned });
    if (verdict === "stop") planned = undefined;
    else if (verdict === "retry") planned ??= delay();
    else if (verdict && verdict.retryIn !== planned) {
      const { retryIn } = verdict;
      check(retryIn >= 0, "Verdict of onAttemptEnd", retryIn ?? verdict);
      planned = retryIn;
    }
  } catch (error) {
    failed(error, "callback");
  }
  return planned === undefined ? { failure: failureOf(end) } : Math.min(LONGEST_TIMER_MS, planned);
}
