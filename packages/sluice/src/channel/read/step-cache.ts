import type { Cohort } from "../deliver/cohort.ts";
import type { Step } from "./reader.ts";

/** With a piece of half a high-water mark each, half a MiB per channel by default. */
const STEPS_HELD = 16;

/** The steps taken last, for the many who resume from the same place: a step is what it is, whenever it is taken. */
export class StepCache {
  readonly #steps = new Map<string, Step>();

  get(cohort: Cohort, after: number): Step | undefined {
    return this.#steps.get(`${cohort.number}:${after}`);
  }

  set(cohort: Cohort, after: number, step: Step): void {
    if (step.through === after) return;
    this.#steps.set(`${cohort.number}:${after}`, step);
    if (this.#steps.size > STEPS_HELD) this.#steps.delete(this.#steps.keys().next().value as string);
  }

  clear(): void {
    // An empty one would be made anew each time.
    if (this.#steps.size > 0) this.#steps.clear();
  }
}
