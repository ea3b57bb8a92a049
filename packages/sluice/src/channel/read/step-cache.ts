import type { CohortKey, Step } from "./step.ts";

/** Maximum number of steps kept per channel. A step holds at most half a high-water mark: 512 KiB in all by default. */
const STEPS_HELD = 16;

/** The newest steps of a channel, for the many subscribers that resume from the same position. */
export class StepCache {
  readonly #steps = new Map<string, Step>();

  get(cohort: CohortKey, after: number): Step | undefined {
    return this.#steps.get(`${cohort.number}:${after}`);
  }

  set(cohort: CohortKey, after: number, step: Step): void {
    if (step.through === after) return;
    this.#steps.set(`${cohort.number}:${after}`, step);
    if (this.#steps.size > STEPS_HELD) this.#steps.delete(this.#steps.keys().next().value as string);
  }

  clear(): void {
    // Clearing an empty map allocates a new table.
    if (this.#steps.size > 0) this.#steps.clear();
  }
}
