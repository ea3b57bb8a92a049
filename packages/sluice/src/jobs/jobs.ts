import type { Channel } from "../channel/channel.ts";
import { checkTopics } from "../channel/topics.ts";
import { checkFunction, checkNames, checkText, show } from "../protocol/check-option.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { FeedSource } from "../stream/feed.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { JobFailure } from "./job-failure.ts";
import { type FollowedJob, JobProgress } from "./job-progress.ts";
import { checkJobsOptions, type JobsOptions, type StartOptions } from "./jobs-options.ts";

/** The events of a job's stream. The last three end it. */
export type JobEvents<Progress, Result> = {
  progress: Progress;
  completed: Result;
  failed: { message: string };
  cancelled: { message: string };
};

/** The types after which nothing more comes. */
export const TERMINAL_TYPES: readonly string[] = ["completed", "failed", "cancelled"];

/** What a job gets. */
export interface JobContext<Progress> {
  readonly id: string;
  /** Aborts when the job is cancelled, or the Sluice closes. */
  readonly signal: AbortSignal;
  /** Tells followers how far it is. Resolves once the log has it; need not be awaited. */
  progress(progress: Progress): Promise<void>;
}

/** How a job is doing. */
export interface JobState<Progress, Result> {
  readonly id: string;
  readonly state: "running" | "completed" | "failed" | "cancelled";
  /** What it last said. */
  readonly progress: Progress | undefined;
  readonly result: Result | undefined;
  readonly startedAt: Date;
}

/** A job that was started. */
export interface StartedJob<Result> {
  readonly id: string;
  /** What the job returns; rejects with what it throws, or an `AbortError` when it was cancelled. Need not be awaited. */
  readonly result: Promise<Result>;
}

interface Job<Progress, Result> {
  readonly id: string;
  readonly user: string | undefined;
  readonly controller: AbortController;
  readonly startedAt: Date;
  state: JobState<Progress, Result>["state"];
  progress: Progress | undefined;
  result: Result | undefined;
  outcome: FollowedJob["outcome"];
  /** Forgets it, some time after its end. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Long work whose progress people follow: each job is a topic of one channel. */
export class Jobs<Progress = unknown, Result = unknown> {
  readonly name: string;
  readonly #channel: Channel<JobEvents<Progress, Result>>;
  readonly #hub: StreamHub;
  readonly #keepFor: number;
  readonly #maxJobs: number;
  /** Those that are over are in the order of their end. */
  readonly #jobs = new Map<string, Job<Progress, Result>>();

  /** @internal Use `sluice.jobs()`. */
  constructor(hub: StreamHub, channel: Channel<JobEvents<Progress, Result>>, name: string, options: JobsOptions) {
    const { keepFor, maxJobs } = checkJobsOptions(options);
    this.name = name;
    this.#hub = hub;
    this.#channel = channel;
    this.#keepFor = keepFor;
    this.#maxJobs = maxJobs;
  }

  /**
   * Starts a job. It runs on at once, whether anybody follows it or not. Throws `INVALID_OPTION`, also for an ID that is taken.
   */
  start(
    run: (context: JobContext<Progress>) => Result | Promise<Result>,
    options: StartOptions = {},
  ): StartedJob<Result> {
    checkNames("start", options, ["id", "user"]);
    checkText("id", options.id);
    checkText("user", options.user);
    // It is a topic of the jobs' channel.
    if (options.id !== undefined) checkTopics([options.id], "INVALID_OPTION");
    if (typeof run !== "function") checkFunction("run", run ?? null);
    const { id = crypto.randomUUID() } = options;
    if (this.#jobs.has(id))
      throw new SluiceError(
        "INVALID_OPTION",
        `\`id\`: there is a job ${show(id)} already. Take another, or none to have one made.`,
      );
    this.#forgetBeyond(this.#maxJobs - 1);
    const job: Job<Progress, Result> = {
      id,
      user: options.user,
      controller: new AbortController(),
      startedAt: new Date(),
      state: "running",
      progress: undefined,
      result: undefined,
      outcome: undefined,
      timer: undefined,
    };
    this.#jobs.set(id, job);
    const result = this.#run(job, run);
    // Whoever does not await the result has followers and onError to tell of a failure.
    result.catch(() => undefined);
    return { id, result };
  }

  /** How a job is doing; `undefined` when no such job is known, or any more. */
  get(id: string): JobState<Progress, Result> | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined) return undefined;
    const { state, progress, result, startedAt } = job;
    return { id, state, progress, result, startedAt };
  }

  /** Cancels a job: its signal aborts, and its followers are told `cancelled`. Returns whether it was running. */
  cancel(id: string): boolean {
    const job = this.#jobs.get(id);
    if (job?.state !== "running") return false;
    this.#end(job, "cancelled", { message: "The job was cancelled." });
    job.controller.abort(new DOMException("The job was cancelled.", "AbortError"));
    return true;
  }

  /**
   * The source of a job's stream: its newest progress first, then what comes, and the end, after which the stream ends. A reconnect after
   * that gets 204, which stops EventSource for good. The stream of an unknown job is answered with 404, and so is that of a job that
   * belongs to another user than the one named here.
   */
  progress(id: string, options: { readonly user?: string } = {}): FeedSource {
    checkNames("progress", options, ["user"]);
    checkText("user", options.user);
    return new JobProgress(this.#channel as Channel<JobEvents<unknown, unknown>>, this.#hub, () =>
      this.#find(id, options.user),
    );
  }

  /** @internal Cancels all that run. */
  close(): void {
    for (const job of [...this.#jobs.values()]) {
      this.cancel(job.id);
      clearTimeout(job.timer);
    }
  }

  async #run(
    job: Job<Progress, Result>,
    run: (context: JobContext<Progress>) => Result | Promise<Result>,
  ): Promise<Result> {
    const { id } = job;
    const { signal } = job.controller;
    // After start() has returned, so that the caller knows the ID before anything happens.
    await Promise.resolve();
    const progress = (value: Progress): Promise<void> => {
      if (job.state !== "running") return Promise.resolve();
      const before = job.progress;
      job.progress = value;
      const told = this.#channel.publish("progress", value, { topics: [id] }).then(() => undefined);
      // Whoever does not await it has onError to tell.
      told.catch((error) => {
        this.#report(error);
        // What cannot be told to those who follow must not be told to those who come.
        if (job.progress === value) job.progress = before;
      });
      return told;
    };
    try {
      signal.throwIfAborted();
      const result = await run({ id, signal, progress });
      signal.throwIfAborted();
      job.result = result;
      this.#end(job, "completed", result);
      return result;
    } catch (error) {
      if (job.state === "running") {
        this.#report(error);
        this.#end(job, "failed", { message: error instanceof JobFailure ? error.message : "The job failed." });
      }
      throw error;
    }
  }

  #end(
    job: Job<Progress, Result>,
    state: "completed" | "failed" | "cancelled",
    data: Result | { message: string },
  ): void {
    job.state = state;
    this.#jobs.delete(job.id);
    this.#jobs.set(job.id, job);
    // `null` stands for a job that returns nothing: every event has data.
    const outcome = data ?? null;
    const topics = [job.id];
    const eventId = this.#channel.publish(state, outcome as never, { topics }).catch((error) => {
      this.#report(error);
      // Those who follow must learn of the end, whatever became of the result.
      const told = { message: "The job's result could not be published." };
      job.state = "failed";
      job.result = undefined;
      job.outcome = { data: told, eventId };
      return this.#channel.publish("failed", told as never, { topics });
    });
    eventId.catch((error) => this.#report(error));
    job.outcome = { data: outcome, eventId };
    job.timer = setTimeout(() => this.#forget(job), this.#keepFor);
    (job.timer as { unref?(): void }).unref?.();
  }

  #forget(job: Job<Progress, Result>): void {
    clearTimeout(job.timer);
    // Another may have got its ID since.
    if (this.#jobs.get(job.id) === job) this.#jobs.delete(job.id);
  }

  #report(error: unknown): void {
    this.#hub.report(error, { stage: "job", channel: this.name });
  }

  #find(id: string, user: string | undefined): FollowedJob {
    const job = this.#jobs.get(id);
    if (job === undefined || (job.user !== undefined && job.user !== user)) throw new UnknownJob(id);
    return job;
  }

  #forgetBeyond(count: number): void {
    for (const job of this.#jobs.values()) {
      if (this.#jobs.size <= count) return;
      if (job.state !== "running") this.#forget(job);
    }
    if (this.#jobs.size > count) {
      throw new SluiceError(
        "INVALID_OPTION",
        `${this.#jobs.size} jobs are running, and \`maxJobs\` is ${this.#maxJobs}. Wait for some to end, or raise it.`,
      );
    }
  }
}

/** Answered with 404. */
class UnknownJob extends SluiceError {
  readonly status = 404;

  constructor(id: string) {
    super("UNKNOWN_JOB", `There is no job ${show(id)}, or it has been over for long.`);
  }
}
