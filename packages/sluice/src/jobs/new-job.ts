import { show } from "../base/checks/check-option.ts";
import { SluiceError } from "../base/errors/sluice-error.ts";

/** A job as it is started. */
export interface NewJob {
  readonly id: string;
  readonly user: string | undefined;
  readonly startedAt: Date;
  /** The state before the code of jobs is loaded. */
  state: "running" | "cancelled";
}

/** Returns true if a user may know of a job. A job without a user is known to everybody. */
export function isKnownTo(job: { readonly user?: string | undefined }, user: string | undefined): boolean {
  return job.user === undefined || job.user === user;
}

/** Returns the error for an ID that belongs to another job. */
export function idTaken(id: string): SluiceError {
  const message = `\`id\`: another job has the ID ${show(id)}. Pass a different ID, or none to get a random one.`;
  return new SluiceError("INVALID_OPTION", message);
}

/** Returns the error for a job beyond `maxJobs` running ones. */
export function tooManyJobs(running: number, maxJobs: number): SluiceError {
  const message = `${running} jobs are running, and \`maxJobs\` is ${maxJobs}.`;
  return new SluiceError("INVALID_OPTION", `${message} Wait until one of them ends, or raise \`maxJobs\`.`);
}
