import { outside } from "./async-context.ts";
import { afterTurn } from "./timers.ts";

/** Failures of one subject in this event-loop turn. */
interface Failures {
  readonly error: unknown;
  count: number;
}

/** The number of failures of a report; absent if there is one. */
export type FailureCount = { readonly count?: number };

/** Subjects with a report of their own in one turn. The failures of all others are counted together. */
const MAX_SUBJECTS = 100;

/**
 * Reports the failures of a callback that runs for many subscribers: once per subject, such as an event, and event-loop
 * turn. The report has the first error of the subject, and the number of failures.
 */
export class FailureReports {
  readonly #report: (error: unknown, count: FailureCount) => void;
  readonly #bySubject = new Map<unknown, Failures>();

  constructor(report: (error: unknown, count: FailureCount) => void) {
    this.#report = report;
  }

  add(subject: unknown, error: unknown): void {
    const failures = this.#bySubject;
    if (failures.size === 0) outside(() => afterTurn(() => this.#flush()));
    const key = failures.has(subject) || failures.size < MAX_SUBJECTS ? subject : undefined;
    const known = failures.get(key);
    if (known === undefined) failures.set(key, { error, count: 1 });
    else known.count++;
  }

  #flush(): void {
    const failures = [...this.#bySubject.values()];
    this.#bySubject.clear();
    for (const { error, count } of failures) this.#report(error, count > 1 ? { count } : {});
  }
}
