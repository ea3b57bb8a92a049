import type { SharedReads } from "../../../stream/stream-hub.ts";
import type { CohortKey, Step } from "./step.ts";

/** Maximum number of steps kept per channel. */
const STEPS_HELD = 16;
/** Estimated memory of a step without its piece. */
const OVERHEAD_BYTES = 256;

/** The newest steps of a channel, for the many subscribers that resume from the same position. */
export class StepCache {
  readonly #cache: SharedReads;
  readonly #steps = new Map<string, Step>();

  constructor(cache: SharedReads) {
    this.#cache = cache;
  }

  get(cohort: CohortKey, after: number): Step | undefined {
    const step = this.#steps.get(`${cohort.number}:${after}`);
    if (step !== undefined) this.#cache.use(step);
    return step;
  }

  set(cohort: CohortKey, after: number, step: Step): void {
    if (step.through === after) return;
    const key = `${cohort.number}:${after}`;
    this.#delete(key);
    this.#steps.set(key, step);
    // The piece in the form of HTTP/1.1 takes as much again.
    const bytes = OVERHEAD_BYTES + 2 * (step.piece?.bytes.length ?? 0);
    this.#cache.add(step, bytes, () => this.#steps.delete(key));
    if (this.#steps.size > STEPS_HELD) this.#delete(this.#steps.keys().next().value as string);
  }

  clear(): void {
    // Clearing an empty map allocates a new table.
    if (this.#steps.size === 0) return;
    for (const step of this.#steps.values()) this.#cache.delete(step);
    this.#steps.clear();
  }

  #delete(key: string): void {
    const step = this.#steps.get(key);
    if (step === undefined) return;
    this.#steps.delete(key);
    this.#cache.delete(step);
  }
}
