import { show } from "../base/check-option.ts";
import { SluiceError } from "../base/sluice-error.ts";
import type { Job } from "./job.ts";
import type { JobOwner } from "./shared-jobs.ts";
import type { TerminalType } from "./terminal-type.ts";

/** The jobs that this process runs, and those that are over and not yet forgotten. */
export class OwnJobs<Progress, Result> implements JobOwner {
  readonly #keepFor: number;
  readonly #maxJobs: number;
  /** Those that are over are in the order of their end. */
  readonly #jobs = new Map<string, Job<Progress, Result>>();
  readonly #timers = new Map<Job<Progress, Result>, ReturnType<typeof setTimeout>>();

  constructor({ keepFor, maxJobs }: { readonly keepFor: number; readonly maxJobs: number }) {
    this.#keepFor = keepFor;
    this.#maxJobs = maxJobs;
  }

  get(id: string): Job<Progress, Result> | undefined {
    return this.#jobs.get(id);
  }

  values(): Iterable<Job<Progress, Result>> {
    return this.#jobs.values();
  }

  /** Adds a job. Throws `INVALID_OPTION` where there is one of its ID, or no room for it. */
  add(job: Job<Progress, Result>): void {
    if (this.#jobs.has(job.id)) throw takenId(job.id);
    for (const other of this.#jobs.values()) {
      if (this.#jobs.size < this.#maxJobs) break;
      if (other.isOver) this.#forget(other);
    }
    if (this.#jobs.size >= this.#maxJobs) {
      throw new SluiceError(
        "INVALID_OPTION",
        `${this.#jobs.size} jobs are running, and \`maxJobs\` is ${this.#maxJobs}. Wait for some to end, or raise it.`,
      );
    }
    this.#jobs.set(job.id, job);
  }

  /** A job is over: it is kept for some time. */
  keep(job: Job<Progress, Result>): void {
    this.#forget(job);
    this.#jobs.set(job.id, job);
    const timer = setTimeout(() => this.#forget(job), this.#keepFor);
    (timer as { unref?(): void }).unref?.();
    this.#timers.set(job, timer);
  }

  ended(id: string, run: string, type: TerminalType, data: unknown, eventId: string): void {
    const job = this.#jobs.get(id);
    if (job?.run !== run || job.state === type) return;
    const wasOver = job.isOver;
    job.end(type, data, Promise.resolve(eventId));
    if (wasOver) return;
    this.keep(job);
    job.abort((data as { message?: string } | null)?.message ?? "The job was ended by another process.");
  }

  /** Nothing is forgotten any more by itself. */
  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #forget(job: Job<Progress, Result>): void {
    clearTimeout(this.#timers.get(job));
    this.#timers.delete(job);
    // Another may have got its ID since.
    if (this.#jobs.get(job.id) === job) this.#jobs.delete(job.id);
  }
}

export function takenId(id: string): SluiceError {
  return new SluiceError(
    "INVALID_OPTION",
    `\`id\`: there is a job ${show(id)} already. Take another, or none to have one made.`,
  );
}
