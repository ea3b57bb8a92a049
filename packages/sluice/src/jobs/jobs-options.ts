import { checkNames, checkNumber } from "../base/check-option.ts";
import type { ChannelOptions } from "../channel/channel-options.ts";

/** How a kind of job is set up. */
export interface JobsOptions {
  /** Time for which the outcome of a job that is over can still be followed, in ms. Default: 1 hour. At most 24 days. */
  readonly keepFor?: number;
  /** Jobs remembered at most, running ones included; beyond it, those over longest are forgotten. Default: 10 000. */
  readonly maxJobs?: number;
  /** How much of the jobs' past progress is kept for followers that resume; all jobs of this name share it. Default: that of channels. */
  readonly retain?: NonNullable<ChannelOptions["retain"]>;
}

/** How one job is started. */
export interface StartOptions {
  /** The job's ID. Default: a random one, which nobody guesses. */
  readonly id?: string;
  /** Whose job it is: it can then be followed only with the same `user`. */
  readonly user?: string;
}

const KEEP_FOR_MS = 3_600_000;
const MAX_JOBS = 10_000;

/** The longest time that a timer can wait, in ms: longer ones end at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Throws `INVALID_OPTION` where an option is not what its description says. */
export function checkJobsOptions(options: JobsOptions): { readonly keepFor: number; readonly maxJobs: number } {
  checkNames("jobs", options, ["keepFor", "maxJobs", "retain"]);
  return {
    keepFor: checkNumber("keepFor", options.keepFor, KEEP_FOR_MS, { max: MAX_TIMER_MS, unit: "ms" }),
    maxJobs: checkNumber("maxJobs", options.maxJobs, MAX_JOBS, { min: 1, whole: true }),
  };
}
