import { outside } from "../context/async-context.ts";
import { afterTurn } from "../time/timers.ts";

/** The first error of one subject in this event-loop turn, and the number of its failures. */
interface Failures {
  readonly error: unknown;
  count: number;
}

/** The number of failures that a report stands for; absent if there is one. */
export type FailureCount = { readonly count?: number };

/** Most subjects with a report of their own in one turn. The failures of all other subjects share one report. */
const MAX_SUBJECTS = 100;

/**
 * Reports the failures of a callback that runs for many subscribers. In each event-loop turn, each subject, such as an
 * event, gets one report, which has its first error and the number of its failures.
 */
export class FailureReports {
  readonly #report: (error: unknown, count: FailureCount, subject: unknown) => void;
  readonly #bySubject = new Map<unknown, Failures>();

  /** `report` receives `undefined` as subject if the report is for all other subjects. */
  constructor(report: (error: unknown, count: FailureCount, subject: unknown) => void) {
    this.#report = report;
  }

  /** Counts a failure. The report follows at the end of this turn. */
  add(subject: unknown, error: unknown): void {
    const failures = this.#bySubject;
    if (failures.size === 0) outside(() => afterTurn(() => this.#flush()));
    const key = failures.has(subject) || failures.size < MAX_SUBJECTS ? subject : undefined;
    const known = failures.get(key);
    if (known === undefined) failures.set(key, { error, count: 1 });
    else known.count++;
  }

  #flush(): void {
    const failures = [...this.#bySubject];
    this.#bySubject.clear();
    for (const [subject, { error, count }] of failures) this.#report(error, count > 1 ? { count } : {}, subject);
  }
}
