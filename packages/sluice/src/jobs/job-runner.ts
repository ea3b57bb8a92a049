import { isSluiceError } from "../base/is-sluice-error.ts";
import type { OnDemand } from "../base/on-demand.ts";
import type { Channel } from "../channel/channel.ts";
import type { Job } from "./job.ts";
import type { TerminalType } from "./job-events.ts";
import { isJobFailure } from "./job-failure.ts";
import type { JobRegistry } from "./job-registry.ts";
import type { LocalJobs } from "./local-jobs.ts";

/** The argument of a job's function. */
export interface JobContext<Progress> {
  readonly id: string;
  /** Aborts when the job is cancelled, when another process ends the job, and when the Sluice closes. */
  readonly signal: AbortSignal;
  /**
   * Sends progress to the job's followers. Resolves when the log has it, and rejects like `channel.publish()`. It need
   * not be awaited: `onError` receives every failure.
   */
  progress(progress: Progress): Promise<void>;
}

/** A job that was started. */
export interface StartedJob<Result> {
  readonly id: string;
  /**
   * Resolves to the job's return value. Rejects with the job's error, or with an `AbortError` if the job was cancelled.
   * It need not be awaited: followers and `onError` learn of a failure.
   */
  readonly result: Promise<Result>;
  /**
   * Resolves when every process that shares the log can follow the job; at once if no log is shared. Await it before
   * you send the job's ID to a client whose next request may reach another process. Rejects with `LOG_FAILED`; the job
   * runs all the same, and is announced later.
   */
  readonly published: Promise<void>;
}

/** A job's function. */
export type JobFunction = (context: JobContext<unknown>) => unknown;

interface JobRunnerSetup {
  readonly channel: Channel;
  readonly local: LocalJobs;
  readonly registry: OnDemand<JobRegistry>;
  readonly report: (error: unknown) => void;
}

/** Runs jobs in this process, and publishes their progress and their end. */
export class JobRunner {
  readonly #channel: Channel;
  readonly #local: LocalJobs;
  readonly #registry: OnDemand<JobRegistry>;
  readonly #report: (error: unknown) => void;
  /** Ends that the log does not have yet. */
  readonly #pendingEnds = new Set<Promise<string>>();

  constructor({ channel, local, registry, report }: JobRunnerSetup) {
    this.#channel = channel;
    this.#local = local;
    this.#registry = registry;
    this.#report = report;
  }

  /** True if a job runs, or if the log does not have the end of a job yet. */
  get isBusy(): boolean {
    return this.#pendingEnds.size > 0 || [...this.#local.values()].some((job) => !job.isOver);
  }

  /** Announces and runs a job. */
  start(job: Job, work: JobFunction): StartedJob<unknown> {
    const published = this.#announce(job);
    published.catch(this.#report);
    const result = this.#run(job, work);
    result.catch(() => undefined);
    return { id: job.id, result, published };
  }

  /** Cancels a job of this process. Returns true if it was running. */
  cancel(job: Job): boolean {
    if (job.isOver) return false;
    this.#end(job, "cancelled", CANCELLED);
    job.abort(CANCELLED.message);
    return true;
  }

  /** Resolves when no end is pending: each is in the log, or could not be published. */
  async endsSettled(): Promise<void> {
    await Promise.allSettled(this.#pendingEnds);
  }

  async #announce(job: Job): Promise<void> {
    await (await this.#registry.get()).announce(job);
  }

  async #run(job: Job, work: JobFunction): Promise<unknown> {
    // Begin after start() has returned, so that its caller has the ID, and after the job was announced.
    // If the registry cannot be loaded, `published` rejects, and the job runs all the same.
    await Promise.resolve(this.#registry.get()).catch(() => undefined);
    const { id, signal } = job;
    try {
      signal.throwIfAborted();
      const result = await work({ id, signal, progress: (value) => this.#progress(job, value) });
      signal.throwIfAborted();
      this.#end(job, "completed", result);
      return result;
    } catch (error) {
      if (!job.isOver) {
        this.#report(error);
        this.#end(job, "failed", { message: isJobFailure(error) ? error.message : "The job failed." });
      }
      throw error;
    }
  }

  #progress(job: Job, value: unknown): Promise<void> {
    if (job.isOver) return Promise.resolve();
    const before = job.progress;
    job.progress = value;
    const published = this.#channel.publish("progress", value, { topics: [job.id] }).then(() => undefined);
    published.catch((error) => {
      this.#report(error);
      // New followers begin with `job.progress`, so it must not be a value that earlier followers never receive.
      if (job.progress === value) job.progress = before;
    });
    return published;
  }

  #end(job: Job, type: TerminalType, data: unknown): void {
    const eventId = this.#publishEnd(job, type, data ?? null).catch((error) => {
      this.#report(error);
      // A log that failed to take this end does not take another one either.
      if (isSluiceError(error) && error.code === "LOG_FAILED") throw error;
      // The result cannot be published. Followers must still receive an end.
      job.end("failed", RESULT_UNPUBLISHED, eventId);
      return this.#publishEnd(job, "failed", RESULT_UNPUBLISHED);
    });
    eventId.catch((error) => this.#report(error));
    this.#pendingEnds.add(eventId);
    const settled = () => this.#pendingEnds.delete(eventId);
    eventId.then(settled, settled);
    job.end(type, data, eventId);
    this.#local.keep(job);
  }

  async #publishEnd(job: Job, type: TerminalType, data: unknown): Promise<string> {
    return (await this.#registry.get()).publishEnd(job, type, data);
  }
}

export const CANCELLED = { message: "The job was cancelled." };
const RESULT_UNPUBLISHED = { message: "The job's result could not be published." };
