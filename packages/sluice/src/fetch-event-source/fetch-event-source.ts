import { type AttemptEnd, failureOf } from "../client/stream/attempt/attempt-end.ts";
import { retryAfterOf } from "../client/stream/attempt/refusal.ts";
import { type AttemptLoop, createLoop } from "../client/stream/attempt-loop.ts";
import { planAfter } from "../client/stream/plan.ts";
import type { AttemptPlan, Verdict } from "../client/stream/stream-options.ts";
import { type SurroundedStream, watchSurroundings } from "../client/stream/surroundings.ts";
import { checkOptions, type FetchEventSourceOptions } from "./fetch-event-source-options.ts";
import { Messages } from "./messages.ts";
import { discard, openAnswer } from "./open-answer.ts";
import { type Input, isRequest, requestsOf } from "./request-attempt.ts";

const BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;
/** A connection that is open for so long begins the back-off again. */
const STABLE_MS = 10_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Reads an event stream with the options and callbacks of `@microsoft/fetch-event-source`. Reconnects until the server
 * ends the stream, `onerror` throws, or the signal aborts.
 *
 * ```ts
 * await fetchEventSource("/api/answers", {
 *   method: "POST",
 *   headers: { "content-type": "application/json" },
 *   body: JSON.stringify({ prompt }),
 *   onmessage: ({ event, data }) => show(event, data),
 * });
 * ```
 *
 * Resolves when the stream has ended or the signal has aborted. Rejects with the error that `onerror` throws, and with
 * `INVALID_OPTION`.
 */
export async function fetchEventSource(input: Input, options: FetchEventSourceOptions = {}): Promise<void> {
  checkOptions(input, options);
  const { onopen, onmessage, onclose, onerror, openWhenHidden } = options;
  const signal = options.signal ?? (isRequest(input) ? input.signal : undefined);
  if (signal?.aborted) return;
  const method = options.method ?? (isRequest(input) ? input.method : "GET");
  const mayRepeat = /^(get|head)$/i.test(method);
  const send = requestsOf(input, options);
  const messages = new Messages(onmessage);
  /** Aborts when the call is over. */
  const over = new AbortController();
  let answer: Response | undefined;
  let decision: Promise<Verdict> | undefined;
  let failure: { readonly error: unknown } | undefined;

  async function connect(_url: string, { signal: attempt }: RequestInit): Promise<Response> {
    const parser = messages.begin(attempt!);
    answer = undefined;
    const received = await send(messages.position, attempt!);
    try {
      attempt!.throwIfAborted();
      answer = received;
      return await openAnswer(received, onopen, parser);
    } catch (error) {
      discard(received);
      throw error;
    }
  }

  /** Ends the call. */
  function finish(end: AttemptEnd, failed?: { readonly error: unknown }): void {
    failure ??= failed;
    loop.finish(end);
  }

  /** Lets the program decide what follows an attempt. Never rejects. */
  async function decide(end: AttemptEnd, { retryIn = 0 }: AttemptPlan): Promise<Verdict> {
    let error = end.type === "network" ? end.error : failureOf(end);
    try {
      if (!error) {
        await onclose?.();
        finish(end);
        return undefined;
      }
    } catch (thrown) {
      error = thrown;
    }
    if (over.signal.aborted) return undefined;
    try {
      const interval: unknown = await onerror?.(error);
      if (typeof interval === "number" && interval >= 0) return { retryIn: Math.min(interval, LONGEST_TIMER_MS) };
    } catch (thrown) {
      finish(end, { error: thrown });
    }
    const retryAfter = answer?.headers && retryAfterOf(answer.headers);
    return retryAfter ? { retryIn: retryAfter + retryIn } : "retry";
  }

  const settings = {
    url: async () => new URL("http://localhost"),
    fetch: connect,
    backoff: BACKOFF_MS,
    maxBackoff: LONGEST_BACKOFF_MS,
    stableAfter: STABLE_MS,
    connectTimeout: Number.POSITIVE_INFINITY,
    silenceTimeout: Number.POSITIVE_INFINITY,
    maxEventBytes: Number.POSITIVE_INFINITY,
    async onAttemptEnd(end: AttemptEnd, plan: AttemptPlan): Promise<Verdict> {
      if (over.signal.aborted || end.type === "superseded") return undefined;
      decision = decide(end, plan);
      const verdict = await decision;
      decision = undefined;
      return verdict;
    },
  };
  let resolveOver!: () => void;
  const isOver = new Promise<void>((resolve) => {
    resolveOver = resolve;
  });
  const owner = {
    changed() {},
    failed() {},
    finished() {
      over.abort();
      resolveOver();
    },
  };
  const loop = createLoop(settings, messages, owner, async () => ({ planAfter }));
  const abort = () => finish({ type: "closed" });
  signal?.addEventListener("abort", abort, { signal: over.signal });
  watchSurroundings(
    guarded(loop, mayRepeat, () => decision),
    openWhenHidden === false,
    over.signal,
  );
  void loop.run();
  await isOver;
  if (failure) throw failure.error;
}

/**
 * Returns the loop as the network, the page and the machine may renew it: never while the program decides what follows
 * an attempt. A request that may not be repeated without need is renewed only in place of a pending retry.
 */
function guarded(loop: AttemptLoop, mayRepeat: boolean, pending: () => Promise<unknown> | undefined): SurroundedStream {
  return {
    renew(by) {
      if (pending() === undefined && (mayRepeat || loop.state === "waiting")) loop.renew(by);
    },
    pause(isPaused, by) {
      if (by === "pagehide" && !mayRepeat) return;
      const pause = () => loop.pause(isPaused, by);
      const decision = pending();
      if (decision === undefined) pause();
      else void decision.then(pause);
    },
  };
}
