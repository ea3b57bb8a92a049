import type { DataText } from "../../channel/publish/new-entry.ts";
import type { FollowedJob } from "../job.ts";
import type { JobLimits } from "../jobs-options.ts";

/** The remembered part of one job, or of the end of an unknown job. */
export interface RememberedJob extends Pick<FollowedJob, "id" | "user" | "outcome"> {
  progress: DataText | undefined;
}

/** Estimated memory of a job's objects without its texts, in bytes. */
const OVERHEAD_BYTES = 256;

/**
 * A limit of the bytes that are remembered of jobs. Beyond the limit, the job that ended first is forgotten first. The
 * newest end stays, since its followers have had no time yet. If that is not enough, running jobs lose their progress,
 * the oldest first: new followers then begin with the next progress.
 */
export class JobMemory<T extends RememberedJob> {
  readonly #limits: Pick<JobLimits, "maxBytes">;
  readonly #forget: (job: T) => void;
  /** Sizes of the ended jobs, in the order of their ends. */
  readonly #ended = new Map<T, number>();
  /** Sizes of the running jobs that have progress, in the order of their newest progress. */
  readonly #running = new Map<T, number>();
  #bytes = 0;

  /** `forget` must call {@link remove}. */
  constructor(limits: Pick<JobLimits, "maxBytes">, forget: (job: T) => void) {
    this.#limits = limits;
    this.#forget = forget;
  }

  /** Counts a job again, after it has new progress or has ended. */
  update(job: T): void {
    this.remove(job);
    if (job.outcome !== undefined) this.#ended.set(job, sizeOf(job));
    else if (job.progress !== undefined) this.#running.set(job, sizeOf(job));
    else return;
    this.#bytes += sizeOf(job);
    this.#enforceLimit();
  }

  remove(job: T): void {
    this.#bytes -= this.#ended.get(job) ?? this.#running.get(job) ?? 0;
    this.#ended.delete(job);
    this.#running.delete(job);
  }

  clear(): void {
    this.#ended.clear();
    this.#running.clear();
    this.#bytes = 0;
  }

  #enforceLimit(): void {
    for (const job of this.#ended.keys()) {
      if (this.#bytes <= this.#limits.maxBytes) return;
      if (this.#ended.size > 1) this.#forget(job);
    }
    for (const job of this.#running.keys()) {
      if (this.#bytes <= this.#limits.maxBytes) return;
      job.progress = undefined;
      this.remove(job);
    }
  }
}

/** A character takes one or two bytes. */
function sizeOf({ id, user = "", progress, outcome }: RememberedJob): number {
  const characters = id.length + user.length + (progress?.text.length ?? 0) + (outcome?.data.text.length ?? 0);
  return OVERHEAD_BYTES + 2 * characters;
}
