import { checkNames, checkNumber } from "../base/check-option.ts";
import type { ChannelOptions } from "../channel/channel-options.ts";

/** Options of the jobs of one name. */
export interface JobsOptions {
  /**
   * Keeps an ended job for this time, in ms, so that late followers still receive its end. If the wall clock is set,
   * the clock that passes this time first counts. At most 2,147,483,647 (about 24 days). Default: 3,600,000 (1 hour).
   */
  readonly keepFor?: number;
  /**
   * Limits the number of jobs that are remembered, running jobs included. Beyond the limit, the job that ended first is
   * forgotten first. If `maxJobs` jobs run, `start()` throws `INVALID_OPTION`. Default: 10,000.
   */
  readonly maxJobs?: number;
  /**
   * Limits how much past progress the log keeps for followers that resume. All jobs of this name share it. Default: the
   * defaults of the channel option `retain`.
   */
  readonly retain?: NonNullable<ChannelOptions["retain"]>;
}

/** Options of one job. */
export interface StartOptions {
  /** Sets the job's ID. Default: a random UUID, which nobody can guess. */
  readonly id?: string;
  /** Names the job's user. Only followers with the same `user` receive the job. Default: everybody may follow it. */
  readonly user?: string;
}

/** Limits of a job registry: {@link JobsOptions}, validated and with the defaults filled in. */
export interface JobLimits {
  /** In ms. */
  readonly keepFor: number;
  readonly maxJobs: number;
}

const KEEP_FOR_MS = 3_600_000;
const MAX_JOBS = 10_000;

/** The longest delay of a timer, in ms. A timer with a longer delay fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Validates the options. Throws `INVALID_OPTION`. */
export function checkJobsOptions(options: JobsOptions): JobLimits {
  checkNames("jobs", options, ["keepFor", "maxJobs", "retain"]);
  return {
    keepFor: checkNumber("keepFor", options.keepFor, KEEP_FOR_MS, { max: MAX_TIMER_MS, unit: "ms" }),
    maxJobs: checkNumber("maxJobs", options.maxJobs, MAX_JOBS, { min: 1, whole: true }),
  };
}
