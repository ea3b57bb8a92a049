import { checkFunction, checkNames, checkText, show } from "../base/check-option.ts";
import { OnDemand } from "../base/on-demand.ts";
import { SluiceError } from "../base/sluice-error.ts";
import type { Channel } from "../channel/channel.ts";
import { checkTopics } from "../channel/event/topics.ts";
import type { FeedSource } from "../stream/feed.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { Job, type JobState } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import type { FollowedJob } from "./job-progress.ts";
import { checkJobsOptions, type JobsOptions, type StartOptions } from "./jobs-options.ts";
import { OwnJobs, takenId } from "./own-jobs.ts";
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

/** Long work whose progress people follow: each job is a topic of one channel. On a log that processes share, from any of them. */
export class Jobs<Progress = unknown, Result = unknown> {
  readonly name: string;
  readonly #channel: Channel<JobEvents<Progress, Result>>;
  readonly #hub: StreamHub;
  readonly #own: OwnJobs<Progress, Result>;
  /** The jobs of all processes, where the log is shared. */
  readonly #sharing: OnDemand<SharedJobs> | undefined;
  readonly #following = new OnDemand(() => import("./job-progress.ts"));
  /** Ends that the log does not have yet. */
  readonly #ends = new Set<Promise<unknown>>();

  /** @internal Use `sluice.jobs()`. */
  constructor(
    hub: StreamHub,
    channel: Channel<JobEvents<Progress, Result>>,
    name: string,
    options: JobsOptions,
    share?: ((owner: JobOwner) => Promise<SharedJobs>) | undefined,
  ) {
    this.name = name;
    this.#hub = hub;
    this.#channel = channel;
    this.#own = new OwnJobs(checkJobsOptions(options));
    this.#sharing = share && new OnDemand(() => share(this.#own));
    this.#shared().catch((error) => this.#report(error));
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
    const { id = crypto.randomUUID(), user } = options;
    if (this.#sharing?.value?.get(id) !== undefined) throw takenId(id);
    const job = new Job<Progress, Result>(id, user);
    this.#own.add(job);
    const published = this.#shared().then((all) => all?.announce(job));
    published.catch((error) => this.#report(error));
    const result = this.#run(job, run);
    // Whoever does not await the result has followers and onError to tell of a failure.
    result.catch(() => undefined);
    return { id, result, published };
  }

  /** How a job is doing, as far as this process knows; `undefined` when no such job is known, or any more. */
  get(id: string): JobState<Progress, Result> | undefined {
    const own = this.#own.get(id);
    // Another process may have taken the ID first, or since.
    const run = this.#sharing?.value?.get(id)?.run ?? own?.run;
    if (own?.run === run) return own?.describe();
    return this.#sharing?.value?.stateOf(id) as JobState<Progress, Result> | undefined;
  }

  /**
   * Cancels a job: its signal aborts, and its followers are told `cancelled`. Returns whether it was running. One that another process
   * runs ends as soon as that one has heard of it.
   */
  cancel(id: string): boolean {
    const job = this.#own.get(id);
    if (job === undefined) return this.#sharing?.value?.cancel(id, CANCELLED) ?? false;
    if (job.isOver) return false;
    this.#end(job, "cancelled", CANCELLED);
    job.abort(CANCELLED.message);
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
    const { user } = options;
    return {
      openFeed: (context) => {
        const loaded = this.#following.get();
        const open = ({ JobProgress }: typeof import("./job-progress.ts")) => {
          const channel = this.#channel as Channel<JobEvents<unknown, unknown>>;
          const find = () => this.#find(id, user);
          const sharing = this.#sharing && Promise.resolve(this.#sharing.get());
          return new JobProgress(channel, this.#hub, id, find, sharing).openFeed(context);
        };
        return loaded instanceof Promise ? loaded.then(open) : open(loaded);
      },
    };
  }

  /** @internal Whether any runs here, or has ended and the log does not know it yet. */
  get isBusy(): boolean {
    return this.#ends.size > 0 || [...this.#own.values()].some((job) => !job.isOver);
  }

  /** @internal Cancels all that run; resolves when the log knows. */
  async close(): Promise<void> {
    for (const job of [...this.#own.values()]) this.cancel(job.id);
    this.#own.stop();
    const shared = await this.#sharing?.settled();
    // It is not tried again what cannot be said now.
    shared?.giveUp();
    await Promise.allSettled(this.#ends);
    shared?.close();
  }

  async #run(
    job: Job<Progress, Result>,
    run: (context: JobContext<Progress>) => Result | Promise<Result>,
  ): Promise<Result> {
    const { id, signal } = job;
    // After start() has returned, so that the caller knows the ID before anything happens; and once the job is told of.
    await this.#shared().catch(() => undefined);
    const progress = (value: Progress): Promise<void> => {
      if (job.isOver) return Promise.resolve();
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
      this.#end(job, "completed", result);
      return result;
    } catch (error) {
      if (!job.isOver) {
        this.#report(error);
        this.#end(job, "failed", { message: error instanceof JobFailure ? error.message : "The job failed." });
      }
      throw error;
    }
  }

  #end(job: Job<Progress, Result>, type: TerminalType, data: Result | { message: string }): void {
    // `null` stands for a job that returns nothing: every event has data.
    const eventId = this.#publishEnd(job, type, data ?? null).catch((error) => {
      this.#report(error);
      // A log that did not take this one will not take another.
      if (error instanceof SluiceError && error.code === "LOG_FAILED") throw error;
      // Those who follow must learn of the end, whatever became of the result.
      job.end("failed", UNTOLD, eventId);
      return this.#publishEnd(job, "failed", UNTOLD);
    });
    eventId.catch((error) => this.#report(error));
    const said = () => this.#ends.delete(eventId);
    this.#ends.add(eventId);
    eventId.then(said, said);
    job.end(type, data ?? null, eventId);
    if (type === "completed") job.result = data as Result;
    this.#own.keep(job);
  }

  async #publishEnd(job: Job<Progress, Result>, type: TerminalType, data: unknown): Promise<string> {
    if (this.#sharing !== undefined) return (await this.#sharing.get()).end(job, type, data);
    return this.#channel.publish(type, data as never, { topics: [job.id] });
  }

  /** Where the log is shared. */
  async #shared(): Promise<SharedJobs | undefined> {
    return this.#sharing?.get();
  }

  #report(error: unknown): void {
    this.#hub.report(error, { stage: "job", channel: this.name });
  }

  #find(id: string, user: string | undefined): FollowedJob {
    // What the log says holds, where others may have said it.
    const job: (FollowedJob & { readonly user?: string | undefined }) | undefined =
      this.#sharing?.value?.get(id) ?? this.#own.get(id);
    if (job === undefined || (job.user !== undefined && job.user !== user)) throw new UnknownJob(id);
    return job;
  }
}

const CANCELLED = { message: "The job was cancelled." };
const UNTOLD = { message: "The job's result could not be published." };

/** Answered with 404. */
class UnknownJob extends SluiceError {
  readonly status = 404;

  constructor(id: string) {
    super("UNKNOWN_JOB", `There is no job ${show(id)}, or it has been over for long.`);
  }
}
