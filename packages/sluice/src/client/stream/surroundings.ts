import type { Superseder } from "./attempt/attempt-end.ts";

const TICK_MS = 5_000;
/** A tick that is later than this has slept: the machine was suspended, or the process stopped. */
const SLEEP_MS = 10_000;
/** The same for a hidden page, whose timers a browser may delay by up to a minute. */
const HIDDEN_SLEEP_MS = 90_000;

/** The stream as its surroundings see it. */
export interface SurroundedStream {
  /** Connects again at once. */
  renew(by: Superseder): void;
  /** Ends the attempt. Makes none while `isPaused`. */
  pause(isPaused: boolean, by: Superseder): void;
}

/** A reason to pause. */
type Pause = "pagehide" | "hidden";

/** Watches the network, the page and the machine for a stream, as far as the runtime reports them. */
export function watchSurroundings(stream: SurroundedStream, pauseWhenHidden: boolean, signal: AbortSignal): void {
  if (signal.aborted) return;
  const page = globalThis as Partial<Window & typeof globalThis>;
  const { document } = page;
  const listen = (target: Partial<EventTarget> | undefined, type: string, listener: () => void) =>
    target?.addEventListener?.(type, listener, { signal });
  const pauses: Record<Pause, boolean> = { pagehide: false, hidden: false };
  const pause = (by: Pause, isPaused: boolean) => {
    if (isPaused === pauses[by]) return;
    pauses[by] = isPaused;
    stream.pause(pauses.pagehide || pauses.hidden, by);
  };

  /** Times of both clocks at the last tick. At the first tick, the difference is NaN. */
  let last: number[] = [];
  let wasHidden = false;
  const tick = () => {
    // The steady clock stands still during sleep in some browsers, and the wall clock may be set back.
    const now = [Date.now(), performance.now()];
    const late = Math.max(...now.map((ms, clock) => ms - last[clock]!)) - TICK_MS;
    last = now;
    if (late > (wasHidden ? HIDDEN_SLEEP_MS : SLEEP_MS)) stream.renew("wake");
    wasHidden = document?.visibilityState === "hidden";
    pause("hidden", pauseWhenHidden && wasHidden);
  };
  const timer = setInterval(tick, TICK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  listen(document, "visibilitychange", tick);
  listen(page, "online", () => stream.renew("online"));
  // An open connection keeps a page out of the back/forward cache.
  listen(page, "pagehide", () => pause("pagehide", true));
  listen(page, "pageshow", () => pause("pagehide", false));
  tick();
}
