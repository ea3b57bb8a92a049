import { type Attempt, type AttemptSettings, startAttempt } from "./attempt/attempt.ts";
import type { AttemptEnd, EventStreamError, Superseder } from "./attempt/attempt-end.ts";
import type { Receiver } from "./deliver/delivery.ts";
import type { KeptPosition } from "./keep-position.ts";
import { loadRest, type Rest } from "./load-rest.ts";
import type { History, Plan, PlanSettings } from "./plan.ts";
import type { StreamErrorContext, StreamState } from "./stream-options.ts";

/** Settings of a loop. */
export interface LoopSettings extends AttemptSettings, PlanSettings {}

/** The stream as its loop sees it. */
export interface LoopOwner {
  /** Called when the state has changed. */
  changed(state: StreamState): void;
  /** Called when the last attempt has ended; with an error if the stream has failed. */
  finished(end: AttemptEnd, failure: EventStreamError | undefined): void;
  failed(error: unknown, stage: StreamErrorContext["stage"]): void;
}

/** The owner of the loop of an event stream. */
export interface StreamOwner extends LoopOwner {
  /** The place of the stream's position, once the code for it is loaded; `undefined` without a store. */
  kept?: KeptPosition | undefined;
  /** True once the code that adapts the stream to its surroundings has begun. */
  isAccompanied?: boolean;
}

/** Makes one attempt after another until the stream is closed, complete or refused. */
export interface AttemptLoop {
  state: StreamState;
  /** The end of the newest attempt. */
  lastEnd?: AttemptEnd | undefined;
  /** Runs until the last attempt has ended. Never rejects. */
  run(): Promise<void>;
  /** Replaces the attempt, or the wait for it, by a new attempt at once. */
  renew(by: Superseder): void;
  /** Ends the attempt. Makes none while `isPaused`. */
  pause(isPaused: boolean, by: Superseder): void;
  /** Ends the attempt and the loop. The first reason given stands. */
  finish(end: AttemptEnd, failure?: EventStreamError): void;
}

/** Creates the loop of a stream. `load` returns the code that plans, which is needed once an attempt has ended. */
export function createLoop(
  settings: LoopSettings,
  delivery: Receiver,
  owner: LoopOwner,
  load: () => Promise<Pick<Rest, "planAfter">> = loadRest,
): AttemptLoop {
  const history: History = {};
  let isPaused = false;
  let attempt: Attempt | undefined;
  /** Ends the wait for the next attempt. */
  let skip: (() => void) | undefined;

  const isClosed = () => loop.state === "closed";

  function enter(state: StreamState): void {
    if (loop.state === state || isClosed()) return;
    loop.state = state;
    owner.changed(state);
  }

  /** Resolves when `begin` resolves it, or as soon as another attempt, or none, is due. */
  function skippable<T>(begin?: (resolve: (value?: T) => void) => void): Promise<T | undefined> {
    return new Promise((resolve) => {
      skip = resolve as () => void;
      begin?.(resolve);
    });
  }

  /** Decides what follows an attempt, and waits until then. */
  async function follow(end: AttemptEnd): Promise<void> {
    const plan = await skippable<Plan>((resolve) => {
      load()
        .then(({ planAfter }) => planAfter(end, history, settings, owner))
        // The code could not be loaded: try again later.
        .catch(() => (end.type === "superseded" ? 0 : Math.random() * settings.maxBackoff))
        .then(resolve);
    });
    if (isClosed() || !plan) return;
    if (typeof plan === "object") return loop.finish(end, plan.failure);
    enter("waiting");
    let timer: ReturnType<typeof setTimeout> | undefined;
    await skippable((resolve) => {
      timer = setTimeout(resolve, plan);
    });
    clearTimeout(timer);
  }

  const loop: AttemptLoop = {
    state: "connecting",
    async run() {
      while (!isClosed()) {
        enter(isPaused ? "paused" : "connecting");
        if (isPaused) await skippable();
        else if (!isClosed()) {
          attempt = startAttempt(settings, delivery, history, () => enter("open"));
          loop.lastEnd = await attempt.ended;
          await follow(loop.lastEnd);
        }
      }
    },
    renew(by) {
      history.failures = history.refusals = 0;
      attempt?.stop({ type: "superseded", by });
      skip?.();
    },
    pause(paused, by) {
      isPaused = paused;
      loop.renew(by);
    },
    finish(end, failure) {
      if (isClosed()) return;
      attempt?.stop(end);
      enter("closed");
      skip?.();
      owner.finished(end, failure);
    },
  };
  return loop;
}
