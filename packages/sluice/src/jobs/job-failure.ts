import { brand } from "../base/copies/brand.ts";

/**
 * An error whose message followers may see. If a job throws it, its followers receive `message`. If a job throws any
 * other error, they learn only that the job failed. `onError` receives both.
 */
export class JobFailure extends Error {
  override readonly name: string = "JobFailure";
}

/** Returns true if the value is a `JobFailure` of any copy of the package. */
export const isJobFailure: (value: unknown) => value is JobFailure = brand(JobFailure, "sluice.JobFailure");
