/**
 * Tells a job's followers why the job failed: throw it in the job, and its `message` is sent to them. If a job throws any other
 * error, they learn only that the job failed. `onError` receives both kinds.
 */
export class JobFailure extends Error {
  override readonly name: string = "JobFailure";
}
