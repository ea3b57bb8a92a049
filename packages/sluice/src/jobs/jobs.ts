import { checkFunction, checkNames, checkText } from "../base/checks/check-option.ts";
import { OnDemand } from "../base/loading/on-demand.ts";
import { onceLoaded } from "../base/loading/once-loaded.ts";
import type { Jsonify } from "../channel/event/jsonify.ts";
import { checkTopic } from "../channel/event/topics.ts";
import type { FeedSource } from "../stream/feed.ts";
import type { JobResult, JobState } from "./job.ts";
import type { JobContext, JobFunction } from "./job-runner.ts";
import type { JobLimits, JobUserOptions, StartOptions } from "./jobs-options.ts";
import type { JobsSetup, LoadedJobs, RunningJob } from "./loaded-jobs.ts";
import { idTaken, isKnownTo, type NewJob, tooManyJobs } from "./new-job.ts";

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

/**
 * Long-running work whose progress users follow. Each job is a topic of one channel. If processes share the log, a job
 * can be followed and cancelled from each of them.
 */
export class Jobs<Progress = unknown, Result = unknown> {
  readonly name: string;
  /** @internal */
  readonly settings: JobLimits;
  /** Everything that jobs consist of, loaded at the first use. */
  readonly #loaded: OnDemand<LoadedJobs>;
  /** Jobs that wait until the code of jobs is loaded, by ID. */
  readonly #waiting = new Map<string, NewJob>();
  readonly #report: (error: unknown) => void;

  /** @internal Use `sluice.jobs()`. */
  constructor(setup: JobsSetup) {
    const { hub, name, limits } = setup;
    this.name = name;
    this.settings = limits;
    this.#report = (error) => hub.report(error, { stage: "job", channel: name });
    this.#loaded = new OnDemand(async () => {
      const { LoadedJobs } = await import("./loaded-jobs.ts");
      return new LoadedJobs(setup, this.#report);
    });
  }

  /** Starts a job. It runs with or without followers. Throws `INVALID_OPTION`, also if another job has the ID. */
  start(
    run: (context: JobContext<Progress>) => Result | Promise<Result>,
    options: StartOptions = {},
  ): StartedJob<Result> {
    checkNames("start", options, ["id", "user"]);
    checkText("id", options.id);
    checkText("user", options.user);
    // The ID is a topic of the jobs' channel.
    if (options.id !== undefined) checkTopic(options.id, "INVALID_OPTION");
    if (typeof run !== "function") checkFunction("run", run ?? null);
    const { id = crypto.randomUUID(), user } = options;
    const job: NewJob = { id, user, startedAt: new Date(), state: "running" };
    const work = run as JobFunction;
    const { published, result } = this.#current?.start(job, work) ?? this.#startLater(job, work);
    published.catch(this.#report);
    result.catch(() => undefined);
    return { id, published, result: result as Promise<Result> };
  }

  /**
   * Returns the state of a job, as far as this process knows it. Returns `undefined` if the job is unknown or
   * forgotten, or belongs to a user other than `options.user`: so without that option, if it belongs to any user.
   * On a shared log, the first use of the Sluice begins to read the jobs of other processes. Throws `INVALID_OPTION`.
   */
  get(id: string, options: JobUserOptions = {}): JobState<Jsonify<Progress>, JobResult<Result>> | undefined {
    const user = checkUser("get", options);
    this.load();
    const waiting = this.#waiting.get(id);
    const job = waiting ? { ...waiting, progress: undefined, result: undefined } : this.#loaded.value?.stateOf(id);
    return job !== undefined && isKnownTo(job, user)
      ? (job as JobState<Jsonify<Progress>, JobResult<Result>>)
      : undefined;
  }

  /**
   * Cancels a job: its signal aborts, and its followers receive `cancelled`. Returns true if the job was running. If
   * another process runs the job, its signal aborts when that process receives `cancelled` from the log. Returns false
   * and does nothing if the job belongs to a user other than `options.user`: so without that option, if it belongs to
   * any user. Throws `INVALID_OPTION`.
   */
  cancel(id: string, options: JobUserOptions = {}): boolean {
    const user = checkUser("cancel", options);
    this.load();
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return this.#loaded.value?.cancel(id, user) ?? false;
    if (waiting.state !== "running" || !isKnownTo(waiting, user)) return false;
    waiting.state = "cancelled";
    return true;
  }

  /**
   * Returns the source of a job's stream. The stream begins with the newest progress, continues with further progress,
   * and ends with the job's end. A reconnect after the end is answered with 204, which stops EventSource for good. If
   * the job is unknown, or belongs to a user other than `options.user`, the answer is 404. Throws `INVALID_OPTION`.
   */
  progress(id: string, options: JobUserOptions = {}): FeedSource {
    const user = checkUser("progress", options);
    return {
      openFeed: (context) => onceLoaded(this.#loaded.get(), (jobs) => jobs.openFeed(id, user, context)),
    };
  }

  /** @internal Loads the code of jobs, and begins to read the jobs of other processes if the log is shared. */
  load(): void {
    if (this.#loaded.value === undefined) Promise.resolve(this.#loaded.get()).catch(this.#report);
  }

  /** @internal True if a job runs here, or if the log does not have the end of a job yet. */
  get isBusy(): boolean {
    return this.#waiting.size > 0 || this.#loaded.value?.isBusy === true;
  }

  /** @internal Cancels all jobs of this process. Resolves when the log has their ends, or has failed to take them. */
  async close(): Promise<void> {
    for (const job of this.#waiting.values()) job.state = "cancelled";
    await (await this.#loaded.settled())?.close();
  }

  /** The loaded code, unless jobs wait that were started earlier. */
  get #current(): LoadedJobs | undefined {
    return this.#waiting.size === 0 ? this.#loaded.value : undefined;
  }

  #startLater(job: NewJob, work: JobFunction): RunningJob {
    const { id } = job;
    if (this.#waiting.has(id)) throw idTaken(id);
    const { maxJobs } = this.settings;
    if (this.#waiting.size >= maxJobs) throw tooManyJobs(this.#waiting.size, maxJobs);
    this.#waiting.set(id, job);
    const started = Promise.resolve(this.#loaded.get()).then((loaded) => {
      this.#waiting.delete(id);
      return loaded.start(job, work);
    });
    started.catch(() => this.#waiting.delete(id));
    return {
      published: started.then(({ published }) => published),
      result: started.then(({ result }) => result),
    };
  }
}

/** Returns the user of a call. Throws `INVALID_OPTION`. */
function checkUser(method: string, options: JobUserOptions): string | undefined {
  checkNames(method, options, ["user"]);
  checkText("user", options.user);
  return options.user;
}
