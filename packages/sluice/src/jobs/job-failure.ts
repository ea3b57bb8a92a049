/**
 * Thrown by a job whose followers may know why it failed: they are told `message`. Of any other error they learn only that the job
 * failed; `onError` hears all of them.
 */
export class JobFailure extends Error {
  override readonly name: string = "JobFailure";
}
