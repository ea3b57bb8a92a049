import { type AttemptEnd, type EventStreamError, failureOf } from "./attempt/attempt-end.ts";
import type { EventStreamOptions, StreamErrorContext, Verdict } from "./stream-options.ts";

/** The settings that decide what follows an attempt. */
export interface PlanSettings extends Pick<EventStreamOptions, "headers" | "body" | "onAttemptEnd"> {
  /** The first and the largest window of the back-off, in ms. */
  readonly backoff: number;
  readonly maxBackoff: number;
  /** Time after which an open connection is stable, in ms. */
  readonly stableAfter: number;
  /** True if a function returns the URL. */
  readonly hasFreshUrl: boolean;
}

/** The history of a stream, as far as it decides what follows an attempt. It is empty at first. */
export interface History {
  /** The server's reconnection time, in ms. Default: 0. */
  retry?: number;
  /** Number of attempts since a stable one. Default: 0. */
  failures?: number;
  /** Number of answers 401 and 403 since an answer was accepted. Default: 0. */
  refusals?: number;
  /** When the attempt received the head of an event stream. `undefined`: it has not. */
  openedAt?: number | undefined;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const MOST_DOUBLINGS = 30;

/** The delay before the next attempt, in ms; or the end of the stream, with its error if it has failed. */
export type Plan = number | { readonly failure: EventStreamError | undefined };

/** Decides what follows an attempt. Never rejects. */
export async function planAfter(
  end: AttemptEnd,
  history: History,
  settings: PlanSettings,
  { failed }: { failed(error: unknown, stage: StreamErrorContext["stage"]): void },
): Promise<Plan> {
  const canAskAgain =
    settings.hasFreshUrl || [settings.headers, settings.body].some((each) => typeof each === "function");
  const { openedAt } = history;
  history.openedAt = undefined;
  if (openedAt !== undefined) {
    history.refusals = 0;
    if (performance.now() - openedAt >= settings.stableAfter) history.failures = 0;
  }
  const { status, retryAfter = 0 } = end as { status?: number; retryAfter?: number };
  const delay = () => {
    const { retry = 0, failures = 0 } = history;
    history.failures = failures + 1;
    return backOff(settings, failures, Math.max(retry, retryAfter));
  };
  let planned: number | undefined;
  if (end.type === "superseded") {
    planned = 0;
  } else if (status === 401 || status === 403) {
    // The functions among the options may return fresh credentials, once.
    const { refusals = 0 } = history;
    if (canAskAgain && refusals === 0) planned = 0;
    history.refusals = refusals + 1;
  } else if (status === 429 || (status ?? 0) >= 500 || ["ended", "network", "silent"].includes(end.type)) {
    planned = delay();
  }
  let verdict: Verdict;
  try {
    verdict = (await settings.onAttemptEnd?.(end, { retryIn: planned })) as Verdict;
  } catch (error) {
    failed(error, "callback");
  }
  if (typeof verdict === "object") planned = verdict.retryIn;
  else if (verdict === "stop") planned = undefined;
  else if (verdict === "retry") planned ??= delay();
  return planned ?? { failure: failureOf(end) };
}

/**
 * Returns the delay before the next attempt, in ms: exponential, with full jitter, so that clients that lost one server
 * come back spread over the whole window. The window begins at `earliest`, the time that the server asks for.
 */
export function backOff(
  { backoff, maxBackoff }: Pick<PlanSettings, "backoff" | "maxBackoff">,
  failures: number,
  earliest: number,
): number {
  const window = Math.min(maxBackoff, backoff * 2 ** Math.min(failures, MOST_DOUBLINGS));
  return Math.min(LONGEST_TIMER_MS, earliest + Math.random() * window);
}
