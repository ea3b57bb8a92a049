/**
 * State of the server: `up`; `unreachable` if it does not answer; `draining` if it answers but is about to stop;
 * `no-log` if it answers but cannot reach its log.
 */
export type HealthState = "up" | "unreachable" | "draining" | "no-log";

const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 8_000;
/** Factor from one wait to the next. */
const WAIT_GROWTH = 1.6;
const PROBE_TIMEOUT_MS = 3_000;

/**
 * Checks whether the server is up. The first check is made by {@link check}. While the server is not up, it checks
 * again by itself, with growing waits. Fires `change` when the state or the time of the next check changes.
 */
export class ServerHealth extends EventTarget {
  #state: HealthState = "up";
  #downSince = 0;
  #nextCheckAt = 0;
  #wait = FIRST_WAIT_MS;
  #timer: number | undefined;
  #checking: Promise<void> | undefined;

  get state(): HealthState {
    return this.#state;
  }

  /** When a check first failed, in ms since 1970. */
  get downSince(): number {
    return this.#downSince;
  }

  /** Time of the next check, in ms since 1970. 0 during a check. */
  get nextCheckAt(): number {
    return this.#nextCheckAt;
  }

  /** Checks now. Resolves when `state` is up to date. Concurrent calls share one check. */
  check(): Promise<void> {
    this.#checking ??= this.#check();
    return this.#checking;
  }

  async #check(): Promise<void> {
    window.clearTimeout(this.#timer);
    this.#nextCheckAt = 0;
    if (this.#state !== "up") this.dispatchEvent(new Event("change"));
    const state = await probe();
    this.#checking = undefined;
    this.#setState(state);
  }

  #setState(state: HealthState): void {
    const before = this.#state;
    this.#state = state;
    if (state === "up") {
      this.#wait = FIRST_WAIT_MS;
      if (before === "up") return;
    } else {
      if (before === "up") this.#downSince = Date.now();
      this.#nextCheckAt = Date.now() + this.#wait;
      this.#timer = window.setTimeout(() => void this.check(), this.#wait);
      this.#wait = Math.min(MAX_WAIT_MS, this.#wait * WAIT_GROWTH);
    }
    this.dispatchEvent(new Event("change"));
  }
}

async function probe(): Promise<HealthState> {
  try {
    const response = await fetch("/health/ready", { cache: "no-store", signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    if (response.ok) return "up";
    // If the server is gone, a proxy in front of it answers 502 or 504.
    if (response.status !== 503) return "unreachable";
    const answer = (await response.json().catch(() => undefined)) as { status?: string } | undefined;
    return answer?.status === "no-log" ? "no-log" : "draining";
  } catch {
    return "unreachable";
  }
}
