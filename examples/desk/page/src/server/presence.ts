/**
 * Whether the server can be reached: `away`: no answer; `draining`: it answers, and is about to stop; `no-log`: it answers, and cannot
 * reach the log that it keeps everything in.
 */
export type PresenceState = "up" | "away" | "draining" | "no-log";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 8_000;
/** Each wait is so much longer than the one before. */
const WAIT_GROWTH = 1.6;
const PROBE_TIMEOUT_MS = 3_000;

/**
 * Finds out whether the server is there, once somebody suspects that it is not. While it is away it asks again by itself,
 * with growing waits. Fires `change` on every change of state and of the time of the next attempt.
 */
export class Presence extends EventTarget {
  #state: PresenceState = "up";
  #since = 0;
  #nextAt = 0;
  #wait = FIRST_WAIT_MS;
  #timer: number | undefined;
  #probing: Promise<void> | undefined;

  get state(): PresenceState {
    return this.#state;
  }

  /** When the server was first missed, in ms since 1970. */
  get since(): number {
    return this.#since;
  }

  /** When it will be asked again, in ms since 1970; 0: it is being asked now. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** Asks now, and resolves when `state` says the answer. Asking twice at the same time is asking once. */
  check(): Promise<void> {
    this.#probing ??= this.#probe();
    return this.#probing;
  }

  async #probe(): Promise<void> {
    window.clearTimeout(this.#timer);
    this.#nextAt = 0;
    if (this.#state !== "up") this.dispatchEvent(new Event("change"));
    const state = await probe();
    this.#probing = undefined;
    this.#become(state);
  }

  #become(state: PresenceState): void {
    const before = this.#state;
    this.#state = state;
    if (state === "up") {
      this.#wait = FIRST_WAIT_MS;
      if (before === "up") return;
    } else {
      if (before === "up") this.#since = Date.now();
      this.#nextAt = Date.now() + this.#wait;
      this.#timer = window.setTimeout(() => void this.check(), this.#wait);
      this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * WAIT_GROWTH);
    }
    this.dispatchEvent(new Event("change"));
  }
}

async function probe(): Promise<PresenceState> {
  try {
    const response = await fetch("/health/ready", { cache: "no-store", signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    if (response.ok) return "up";
    // A proxy in front answers 502 or 504 for a server that is gone.
    if (response.status !== 503) return "away";
    const answer = (await response.json().catch(() => undefined)) as { status?: string } | undefined;
    return answer?.status === "no-log" ? "no-log" : "draining";
  } catch {
    return "away";
  }
}
