import type { Channel } from "../channel/channel.ts";
import { checkTopics } from "../channel/topics.ts";
import { checkFunction, checkNames, checkText, show } from "../protocol/check-option.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { FeedSource } from "../stream/feed.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { JobFailure } from "./job-failure.ts";
import { type FollowedJob, JobProgress } from "./job-progress.ts";
import { checkJobsOptions, type JobsOptions, type StartOptions } from "./jobs-options.ts";
import type { JobOwner, SharedJobs } from "./shared-jobs.ts";
import type { TerminalType } from "./terminal-type.ts";

/** The events of a job's stream. The last three end it. */
export type JobEvents<Progress, Result> = {
  progress: Progress;
  completed: Result;
  failed: { message: string };
  cancelled: { message: string };
};

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
  /**
   * Resolves once every process that shares the log can follow the job; at once where none does. Await it before you tell its ID to
   * somebody whose next request may reach another process. Rejects with `LOG_FAILED`; the job runs all the same, and is told of later.
   */
  readonly published: Promise<void>;
}

interface Job<Progress, Result> {
  readonly id: string;
  /** Tells it apart from one that had the same ID before. */
  readonly run: string;
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

/** Long work whose progress people follow: each job is a topic of one channel. On a log that processes share, from any of them. */
export class Jobs<Progress = unknown, Result = unknown> {
  readonly name: string;
  readonly #channel: Channel<JobEvents<Progress, Result>>;
  readonly #hub: StreamHub;
  readonly #keepFor: number;
  readonly #maxJobs: number;
  /** Those that are over are in the order of their end. */
  readonly #jobs = new Map<string, Job<Progress, Result>>();
  /** The jobs of all processes, where the log is shared. */
  readonly #sharing: Promise<SharedJobs> | undefined;
  #shared: SharedJobs | undefined;
  /** Ends that the log does not have yet. */
  readonly #ends = new Set<Promise<unknown>>();
  #closed = false;

  /** @internal Use `sluice.jobs()`. */
  constructor(
    hub: StreamHub,
    channel: Channel<JobEvents<Progress, Result>>,
    name: string,
    options: JobsOptions,
    share?: (owner: JobOwner) => Promise<SharedJobs>,
  ) {
    const { keepFor, maxJobs } = checkJobsOptions(options);
    this.name = name;
    this.#hub = hub;
    this.#channel = channel;
    this.#keepFor = keepFor;
    this.#maxJobs = maxJobs;
    this.#sharing = share?.(this.#owner());
    this.#sharing?.then(
      (shared) => {
        this.#shared = shared;
        if (this.#closed) shared.close();
      },
      (error) => this.#report(error),
    );
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
    if (this.#jobs.has(id) || this.#shared?.get(id) !== undefined)
      throw new SluiceError(
        "INVALID_OPTION",
        `\`id\`: there is a job ${show(id)} already. Take another, or none to have one made.`,
      );
    this.#forgetBeyond(this.#maxJobs - 1);
    const job: Job<Progress, Result> = {
      id,
      run: crypto.randomUUID(),
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
    const published = this.#sharing === undefined ? Promise.resolve() : this.#sharing.then((all) => all.announce(job));
    published.catch((error) => this.#report(error));
    const result = this.#run(job, run);
    // Whoever does not await the result has followers and onError to tell of a failure.
    result.catch(() => undefined);
    return { id, result, published };
  }

  /** How a job is doing, as far as this process knows; `undefined` when no such job is known, or any more. */
  get(id: string): JobState<Progress, Result> | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined) return this.#shared?.stateOf(id) as JobState<Progress, Result> | undefined;
    const { state, progress, result, startedAt } = job;
    return { id, state, progress, result, startedAt };
  }

  /**
   * Cancels a job: its signal aborts, and its followers are told `cancelled`. Returns whether it was running. One that another process
   * runs ends as soon as that one has heard of it.
   */
  cancel(id: string): boolean {
    const job = this.#jobs.get(id);
    if (job === undefined) return this.#shared?.cancel(id, CANCELLED) ?? false;
    if (job.state !== "running") return false;
    this.#end(job, "cancelled", CANCELLED);
    this.#abort(job, CANCELLED.message);
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
    const find = () => this.#find(id, options.user);
    return new JobProgress(this.#channel as Channel<JobEvents<unknown, unknown>>, this.#hub, id, find, this.#sharing);
  }

  /** @internal Cancels all that run; resolves when the log knows. */
  async close(): Promise<void> {
    for (const job of [...this.#jobs.values()]) {
      this.cancel(job.id);
      clearTimeout(job.timer);
    }
    this.#closed = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, LAST_WORDS_MS);
    });
    if (this.#ends.size > 0) await Promise.race([Promise.allSettled(this.#ends), patience]);
    clearTimeout(timer);
    this.#shared?.close();
  }

  async #run(
    job: Job<Progress, Result>,
    run: (context: JobContext<Progress>) => Result | Promise<Result>,
  ): Promise<Result> {
    const { id } = job;
    const { signal } = job.controller;
    // After start() has returned, so that the caller knows the ID before anything happens; and once the job is told of.
    await this.#sharing?.catch(() => undefined);
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
    const eventId = this.#publishEnd(job, state, outcome).catch((error) => {
      this.#report(error);
      // Those who follow must learn of the end, whatever became of the result.
      const told = { message: "The job's result could not be published." };
      job.state = "failed";
      job.result = undefined;
      job.outcome = { data: told, eventId };
      return this.#publishEnd(job, "failed", told);
    });
    eventId.catch((error) => this.#report(error));
    this.#ends.add(eventId);
    const said = () => this.#ends.delete(eventId);
    eventId.then(said, said);
    job.outcome = { data: outcome, eventId };
    this.#forgetLater(job);
  }

  #forgetLater(job: Job<Progress, Result>): void {
    clearTimeout(job.timer);
    job.timer = setTimeout(() => this.#forget(job), this.#keepFor);
    (job.timer as { unref?(): void }).unref?.();
  }

  /** On a shared log it is tried until the log has it: elsewhere nobody else would ever know. */
  async #publishEnd(job: Job<Progress, Result>, type: TerminalType, data: unknown): Promise<string> {
    if (this.#sharing === undefined) return this.#channel.publish(type, data as never, { topics: [job.id] });
    for (let told = false; ; told = true) {
      try {
        return await (await this.#sharing).end(job, type, data);
      } catch (error) {
        if (this.#closed || !(error instanceof SluiceError) || error.code !== "LOG_FAILED") throw error;
        if (!told) this.#report(error);
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      }
    }
  }

  /** What the log says of the jobs of this process. */
  #owner(): JobOwner {
    return {
      own: () => this.#jobs.values(),
      ended: (id, run, type, data, eventId) => {
        const job = this.#jobs.get(id);
        if (job?.run !== run || job.state === type) return;
        // Another process has ended it: it was asked to, or has not heard of this one for long.
        const wasRunning = job.state === "running";
        job.state = type;
        job.result = undefined;
        job.outcome = { data, eventId: Promise.resolve(eventId) };
        if (!wasRunning) return;
        this.#forgetLater(job);
        this.#abort(job, (data as { message?: string } | null)?.message ?? "The job was ended by another process.");
      },
      sayEndAgain: (id) => {
        const job = this.#jobs.get(id);
        if (job?.outcome === undefined || job.state === "running") return;
        this.#publishEnd(job, job.state, job.outcome.data).catch((error) => this.#report(error));
      },
      report: (error) => this.#report(error),
    };
  }

  #abort(job: Job<Progress, Result>, why: string): void {
    job.controller.abort(new DOMException(why, "AbortError"));
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
    // What the log says holds, where others may have said it.
    const job: (FollowedJob & { readonly user?: string | undefined }) | undefined =
      this.#shared?.get(id) ?? this.#jobs.get(id);
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

const CANCELLED = { message: "The job was cancelled." };

/** Between attempts to tell the log of a job's end. */
const TRY_AGAIN_MS = 1_000;
/** For the log to take the ends of jobs when all is closed. */
const LAST_WORDS_MS = 2_000;

/** Answered with 404. */
class UnknownJob extends SluiceError {
  readonly status = 404;

  constructor(id: string) {
    super("UNKNOWN_JOB", `There is no job ${show(id)}, or it has been over for long.`);
  }
}
