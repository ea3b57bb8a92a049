import { outside } from "../base/context/async-context.ts";
import { isSluiceError } from "../base/errors/is-sluice-error.ts";
import type { OnDemand } from "../base/loading/on-demand.ts";
import type { Channel } from "../channel/channel.ts";
import type { DataText } from "../channel/publish/new-entry.ts";
import { dataText } from "../stream/source/data-text.ts";
import { type Job, type JobEnd, messageData, parseData } from "./job.ts";
import { isJobFailure } from "./job-failure.ts";
import type { JobRegistry } from "./registry/job-registry.ts";
import type { LocalJobs } from "./registry/local-jobs.ts";

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

/** A job's function. */
export type JobFunction = (context: JobContext<unknown>) => unknown;

interface JobRunnerSetup {
  readonly channel: Channel;
  readonly local: LocalJobs;
  readonly registry: OnDemand<JobRegistry>;
  readonly report: (error: unknown) => void;
}

/** Progress that was published, or is about to be. */
interface Progress extends DataText {
  /** True if it could not be published. */
  hasFailed: boolean;
  /** The progress before it; absent once it is published. */
  before: DataText | undefined;
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
    local.onEvict = (job) => this.#dropResult(job);
  }

  /** True if a job runs, or if the log does not have the end of a job yet. */
  get isBusy(): boolean {
    return this.#pendingEnds.size > 0 || [...this.#local.values()].some((job) => !job.isOver);
  }

  /** Resolves when no end is pending: each is in the log, or could not be published. */
  async endsSettled(): Promise<void> {
    await Promise.allSettled(this.#pendingEnds);
  }

  async announce(job: Job): Promise<void> {
    await (await this.#registry.get()).announce(job);
  }

  /** Runs a job, and publishes its end. Resolves to its return value. */
  async run(job: Job, work: JobFunction): Promise<unknown> {
    // Begin after the job was announced. If the registry cannot be loaded, `published` rejects, and the job runs all
    // the same.
    await Promise.resolve(this.#registry.get()).catch(() => undefined);
    const { id } = job;
    const signal = job.signal as AbortSignal;
    try {
      signal.throwIfAborted();
      const result = await work({ id, signal, progress: (value) => this.#progress(job, value) });
      signal.throwIfAborted();
      this.#end(job, this.#completed(result));
      return result;
    } catch (error) {
      if (!job.isOver) {
        this.#report(error);
        this.#end(job, { type: "failed", data: messageData(messageFor(error)) });
      }
      throw error;
    } finally {
      job.settled();
    }
  }

  /** Ends a job and aborts it. Returns true if it was running. */
  cancel(job: Job, end: JobEnd): boolean {
    if (job.isOver) return false;
    this.#end(job, end);
    job.abort((parseData(end.data) as { readonly message: string }).message);
    return true;
  }

  #progress(job: Job, value: unknown): Promise<void> {
    if (job.isOver) return Promise.resolve();
    const published = this.#publishProgress(job, value);
    published.catch(this.#report);
    return published;
  }

  async #publishProgress(job: Job, value: unknown): Promise<void> {
    const progress: Progress = { ...dataOf(value), hasFailed: false, before: job.progress };
    const published = this.#channel.publishText("progress", progress, { topics: [job.id] });
    this.#local.setProgress(job, progress);
    try {
      await published;
    } catch (error) {
      progress.hasFailed = true;
      // New followers begin with `job.progress`, so it must not be a value that earlier followers never receive.
      let newest = job.progress as Progress | undefined;
      while (newest?.hasFailed) newest = newest.before as Progress | undefined;
      if (newest !== job.progress) this.#local.setProgress(job, newest);
      throw error;
    }
    progress.before = undefined;
  }

  /** The end, its promise and its timer are kept for long: they must not keep the context of the job's start. */
  #end(job: Job, end: JobEnd): void {
    outside(() => {
      job.end(end, this.#publishEnd(job, end));
      this.#local.keep(job);
    });
  }

  /**
   * Publishes the end of a job. Resolves to its event ID. If the result cannot be published, the job fails, since its
   * followers must receive an end.
   */
  #publishEnd(job: Job, end: JobEnd): Promise<string> {
    const eventId = this.#tryToPublishEnd(job, end).catch((error) => {
      // A log that failed to take this end does not take another one either.
      if (isSluiceError(error) && error.code === "LOG_FAILED") throw error;
      this.#report(error);
      job.end(RESULT_UNPUBLISHED, eventId);
      this.#local.changed(job);
      return this.#tryToPublishEnd(job, RESULT_UNPUBLISHED);
    });
    eventId.catch((error) => this.#report(error));
    this.#pendingEnds.add(eventId);
    const settled = () => this.#pendingEnds.delete(eventId);
    eventId.then(settled, settled);
    return eventId;
  }

  /** Drops the result of a job that is forgotten before the log has it. If the log fails to take it, the job fails. */
  #dropResult(job: Job): void {
    const { outcome } = job;
    if (outcome !== undefined && this.#pendingEnds.has(outcome.eventId)) job.end(RESULT_UNPUBLISHED, outcome.eventId);
  }

  #completed(result: unknown): JobEnd {
    try {
      return { type: "completed", data: dataOf(result ?? null) };
    } catch (error) {
      this.#report(error);
      return RESULT_UNPUBLISHED;
    }
  }

  async #tryToPublishEnd(job: Job, end: JobEnd): Promise<string> {
    return (await this.#registry.get()).publishEnd(job, end, () => job.terminal as JobEnd);
  }
}

/** Returns data as text. Throws `INVALID_DATA`. */
function dataOf(value: unknown): DataText {
  return { text: dataText(value), json: typeof value !== "string" };
}

/** Returns the message that followers may see of an error, which may be any object that the job threw. */
function messageFor(error: unknown): string {
  try {
    if (isJobFailure(error)) return `${error.message}`;
  } catch {
    // The error itself throws.
  }
  return "The job failed.";
}

const RESULT_UNPUBLISHED: JobEnd = {
  type: "failed",
  data: messageData("The job's result could not be published."),
};
