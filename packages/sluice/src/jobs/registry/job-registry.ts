import type { FollowedJob, Job, JobEnd, JobState } from "../job.ts";

/** Identifies one run of a job: an ID can be used again after its job is forgotten. */
export interface JobRun {
  readonly id: string;
  readonly run: string;
}

/**
 * The registry of the jobs of one name: the contract that `LocalJobs` and `SharedJobs` fulfil. `LocalJobs` knows the
 * jobs of this process, and is the specification. `SharedJobs` also knows the jobs of all other processes that share
 * the log.
 *
 * - `add`, `find` and `stateOf` MUST answer at once, from what this process knows.
 * - A job that runs MUST stay known. A job that ended MUST stay known for `keepFor` ms, unless `maxJobs` or
 *   `maxBytes` forces it out.
 * - The log MUST receive at most one end of a run. The first end in the log stands, whichever process published it.
 */
export interface JobRegistry {
  /**
   * Adds a job that this process is about to run. MUST throw `INVALID_OPTION` if the ID belongs to a known job, or if
   * `maxJobs` jobs run.
   */
  add(job: Job): void;

  /** Resolves when every process that shares the log can find the job. Rejects with `LOG_FAILED`. */
  announce(job: Job): Promise<void>;

  /** Returns the job as its followers see it, or `undefined` if no such job is known. */
  find(id: string): FollowedJob | undefined;

  /** Returns the state of the job, or `undefined` if no such job is known. */
  stateOf(id: string): JobState<unknown, unknown> | undefined;

  /**
   * Publishes `cancelled` for a job that another process runs, which then aborts it. Returns true if the job was
   * running.
   */
  cancelElsewhere(id: string, end: JobEnd): boolean;

  /**
   * Publishes the end of a run. Resolves to its event ID when the log has it, or has an earlier end of the run. MAY
   * retry for as long as the log fails, but MUST NOT retry after {@link stopRetrying}. It then calls `again` for the
   * end to publish, since a job may lose its result meanwhile. Rejects with the error of `channel.publish()`.
   */
  publishEnd(run: JobRun, end: JobEnd, again: () => JobEnd): Promise<string>;

  /**
   * Resolves when {@link find} takes into account everything that any process published before the call. If the job is
   * unknown, MAY wait longer, since its process announces it again if the log lost the announcement.
   * Returns `undefined` if {@link find} is always up to date.
   */
  sync(id: string): Promise<void> | undefined;

  /**
   * Resolves when {@link find} takes into account everything that this process has received from the log.
   * Returns `undefined` if {@link find} is always up to date.
   */
  caughtUp(): Promise<void> | undefined;

  /** Makes {@link publishEnd} reject instead of retrying: the log is about to close. */
  stopRetrying(): void;

  /** Stops timers and stops following the log. */
  close(): void;
}
