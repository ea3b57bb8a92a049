import { checkFunction, checkNames, checkText } from "../base/check-option.ts";
import { OnDemand } from "../base/on-demand.ts";
import type { Channel } from "../channel/channel.ts";
import { checkTopics } from "../channel/event/topics.ts";
import type { FeedSource } from "../stream/feed.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { Job, type JobState } from "./job.ts";
import type { JobEvents } from "./job-events.ts";
import type { JobRegistry } from "./job-registry.ts";
import { CANCELLED, type JobContext, type JobFunction, JobRunner, type StartedJob } from "./job-runner.ts";
import type { JobLimits, StartOptions } from "./jobs-options.ts";
import { LocalJobs } from "./local-jobs.ts";

/** Arguments of the constructor of {@link Jobs}. */
export interface JobsSetup<Progress, Result> {
  readonly hub: StreamHub;
  readonly channel: Channel<JobEvents<Progress, Result>>;
  readonly name: string;
  readonly limits: JobLimits;
  /** Makes the registry of the jobs of all processes. Default: the registry of this process. */
  readonly share?: (local: LocalJobs) => Promise<JobRegistry>;
}

/**
 * Long-running work whose progress users follow. Each job is a topic of one channel. If processes share the log, a job
 * can be followed and cancelled from each of them.
 */
export class Jobs<Progress = unknown, Result = unknown> {
  readonly name: string;
  readonly #local: LocalJobs;
  readonly #registry: OnDemand<JobRegistry>;
  readonly #runner: JobRunner;
  readonly #following: OnDemand<Follow>;

  /** @internal Use `sluice.jobs()`. */
  constructor({ hub, channel: typed, name, limits, share = async (local) => local }: JobsSetup<Progress, Result>) {
    const channel = typed as unknown as Channel;
    const report = (error: unknown) => hub.report(error, { stage: "job", channel: name });
    this.name = name;
    this.#local = new LocalJobs(channel, limits);
    this.#registry = new OnDemand(() => share(this.#local));
    this.#runner = new JobRunner({ channel, local: this.#local, registry: this.#registry, report });
    this.#following = new OnDemand(async () => {
      const [{ JobProgress }, registry] = await Promise.all([import("./job-progress.ts"), this.#registry.get()]);
      return { source: (id, user) => new JobProgress({ hub, channel, registry, id, user }) };
    });
    Promise.resolve(this.#registry.get()).catch(report);
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
    if (options.id !== undefined) checkTopics([options.id], "INVALID_OPTION");
    if (typeof run !== "function") checkFunction("run", run ?? null);
    const { id = crypto.randomUUID(), user } = options;
    const job = new Job(id, user);
    this.#known.add(job);
    return this.#runner.start(job, run as JobFunction) as StartedJob<Result>;
  }

  /** Returns the state of a job, as far as this process knows it, or `undefined` if the job is unknown or forgotten. */
  get(id: string): JobState<Progress, Result> | undefined {
    return this.#known.stateOf(id) as JobState<Progress, Result> | undefined;
  }

  /**
   * Cancels a job: its signal aborts, and its followers receive `cancelled`. Returns true if the job was running. If
   * another process runs the job, its signal aborts when that process receives `cancelled` from the log.
   */
  cancel(id: string): boolean {
    const job = this.#local.find(id);
    return job === undefined ? this.#known.cancelElsewhere(id, CANCELLED) : this.#runner.cancel(job);
  }

  /**
   * Returns the source of a job's stream. The stream begins with the newest progress, continues with further progress,
   * and ends with the job's end. A reconnect after the end is answered with 204, which stops EventSource for good. If
   * the job is unknown, or belongs to a user other than `options.user`, the answer is 404.
   */
  progress(id: string, options: { readonly user?: string } = {}): FeedSource {
    checkNames("progress", options, ["user"]);
    checkText("user", options.user);
    const { user } = options;
    return {
      openFeed: (context) => {
        const loaded = this.#following.get();
        const open = ({ source }: Follow) => source(id, user).openFeed(context);
        return loaded instanceof Promise ? loaded.then(open) : open(loaded);
      },
    };
  }

  /** @internal True if a job runs here, or if the log does not have the end of a job yet. */
  get isBusy(): boolean {
    return this.#runner.isBusy;
  }

  /** @internal Cancels all jobs of this process. Resolves when the log has their ends, or has failed to take them. */
  async close(): Promise<void> {
    for (const job of [...this.#local.values()]) this.#runner.cancel(job);
    const registry = (await this.#registry.settled()) ?? this.#local;
    registry.stopRetrying();
    await this.#runner.endsSettled();
    registry.close();
  }

  /** The registry. Until it is loaded, the jobs of this process are all that is known. */
  get #known(): JobRegistry {
    return this.#registry.value ?? this.#local;
  }
}

/** Makes the source of a job's stream: loaded with the first stream of a job. */
interface Follow {
  source(id: string, user: string | undefined): FeedSource;
}
