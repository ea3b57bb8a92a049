import { checkNames, checkNumber } from "../base/checks/check-option.ts";
import type { ChannelOptions } from "../channel/channel-options.ts";

/** Options of the jobs of one name. */
export interface JobsOptions {
  /**
   * Keeps an ended job for this time, in ms, so that late followers still receive its end. Each process counts from the
   * moment at which it receives the end. If the wall clock is set, the clock that passes this time first counts. At
   * most 2,147,483,647 (about 24 days). Default: 3,600,000 (1 hour).
   */
  readonly keepFor?: number;
  /**
   * Limits the number of jobs that are remembered, running jobs included. Beyond the limit, the job that ended first is
   * forgotten first. If `maxJobs` jobs run, `start()` throws `INVALID_OPTION`. Default: 10,000.
   */
  readonly maxJobs?: number;
  /**
   * Limits the bytes that are remembered of jobs: their newest progress, results, IDs and users, at two bytes per
   * character, and 256 per job. Beyond the limit, the job that ended first is forgotten first; the newest end stays. If
   * running jobs alone exceed the limit, the oldest progress is forgotten, and new followers begin with the next one.
   * `Infinity`: no limit. Default: 16 MiB.
   */
  readonly maxBytes?: number;
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
  /** Names the job's user. The job is unknown to everybody else. Default: it is known to everybody. */
  readonly user?: string;
}

/** Options of `get()`, `cancel()` and `progress()`. */
export interface JobUserOptions {
  /**
   * The user on whose behalf the job is looked up. A job of another user counts as unknown. Default: none; only jobs
   * without a user are known.
   */
  readonly user?: string;
}

/** Limits of a job registry: {@link JobsOptions}, validated and with the defaults filled in. */
export interface JobLimits {
  /** In ms. */
  readonly keepFor: number;
  readonly maxJobs: number;
  readonly maxBytes: number;
}

const KEEP_FOR_MS = 3_600_000;
const MAX_JOBS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** The longest delay of a timer, in ms. A timer with a longer delay fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Validates the options. Throws `INVALID_OPTION`. */
export function checkJobsOptions(options: JobsOptions): JobLimits {
  checkNames("jobs", options, ["keepFor", "maxJobs", "maxBytes", "retain"]);
  return {
    keepFor: checkNumber("keepFor", options.keepFor, KEEP_FOR_MS, { max: MAX_TIMER_MS, unit: "ms" }),
    maxJobs: checkNumber("maxJobs", options.maxJobs, MAX_JOBS, { min: 1, whole: true }),
    maxBytes: checkNumber("maxBytes", options.maxBytes, MAX_BYTES, { min: 1, whole: true, infinite: true }),
  };
}
