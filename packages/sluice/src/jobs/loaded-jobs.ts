import { OnDemand } from "../base/loading/on-demand.ts";
import { onceLoaded } from "../base/loading/once-loaded.ts";
import { afterTurn } from "../base/time/timers.ts";
import type { Channel } from "../channel/channel.ts";
import type { Feed, FeedSource, SourceContext } from "../stream/feed.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { Job, type JobEnd, type JobState, messageData } from "./job.ts";
import { type JobFunction, JobRunner } from "./job-runner.ts";
import type { JobLimits } from "./jobs-options.ts";
import { isKnownTo, type NewJob } from "./new-job.ts";
import type { JobRegistry } from "./registry/job-registry.ts";
import { LocalJobs } from "./registry/local-jobs.ts";
import type { JobNodes } from "./registry/shared-jobs.ts";

/** The parts of a Sluice that the jobs of one name need. */
export interface JobsSetup {
  readonly hub: StreamHub;
  readonly channel: Channel;
  readonly name: string;
  readonly limits: JobLimits;
  /** The nodes that share the log, once they are known; `undefined` if no log is shared. */
  readonly nodes?: Pick<OnDemand<JobNodes>, "get"> | undefined;
}

/** The promises of a job that was started. */
export interface RunningJob {
  readonly published: Promise<void>;
  readonly result: Promise<unknown>;
}

/** The jobs of one name, once their code is loaded. */
export class LoadedJobs {
  readonly #local: LocalJobs;
  readonly #registry: OnDemand<JobRegistry>;
  readonly #runner: JobRunner;
  readonly #following: OnDemand<Follow>;

  constructor({ hub, channel, limits, nodes }: JobsSetup, report: (error: unknown) => void) {
    const local = new LocalJobs(channel, limits);
    const registry = new OnDemand<JobRegistry>(async () => {
      if (nodes === undefined) return local;
      const [{ shareJobs }, known] = await Promise.all([import("./registry/shared-jobs.ts"), nodes.get()]);
      return shareJobs(hub, { channel, nodes: known, local, limits });
    });
    this.#local = local;
    this.#registry = registry;
    this.#runner = new JobRunner({ channel, local, registry, report });
    this.#following = new OnDemand(async () => {
      const [{ JobProgress }, known] = await Promise.all([import("./job-progress.ts"), registry.get()]);
      return { source: (id, user) => new JobProgress({ hub, channel, registry: known, id, user }) };
    });
    Promise.resolve(registry.get()).catch(report);
  }

  /** Starts a job. Throws `INVALID_OPTION` if another job has the ID, or too many run. */
  start(started: NewJob, work: JobFunction): RunningJob {
    const job = new Job(started);
    this.#known.add(job);
    const published = this.#runner.announce(job);
    const result = this.#runner.run(job, work);
    if (started.state === "cancelled") this.#runner.cancel(job, CANCELLED);
    return { published, result };
  }

  /** Returns the state of a job, or `undefined` if the job is unknown. */
  stateOf(id: string): JobState<unknown, unknown> | undefined {
    return this.#known.stateOf(id);
  }

  /** Cancels a job for a user. Returns true if it was running, and is known to the user. */
  cancel(id: string, user: string | undefined): boolean {
    const job = this.#local.find(id);
    if (job !== undefined && !job.isOver) return isKnownTo(job, user) && this.#runner.cancel(job, CANCELLED);
    const found = this.#known.find(id);
    return found !== undefined && isKnownTo(found, user) && this.#known.cancelElsewhere(id, CANCELLED);
  }

  openFeed(id: string, user: string | undefined, context: SourceContext): Feed | null | Promise<Feed | null> {
    return onceLoaded(this.#following.get(), ({ source }) => source(id, user).openFeed(context));
  }

  /** True if a job runs here, or if the log does not have the end of a job yet. */
  get isBusy(): boolean {
    return this.#runner.isBusy;
  }

  /**
   * Cancels all jobs of this process. Resolves when the log has their ends, or has failed to take them, and the flush
   * of this turn has sent them.
   */
  async close(): Promise<void> {
    for (const job of [...this.#local.values()]) this.#runner.cancel(job, CANCELLED);
    const registry = (await this.#registry.settled()) ?? this.#local;
    registry.stopRetrying();
    await this.#runner.endsSettled();
    registry.close();
    await new Promise<void>(afterTurn);
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

const CANCELLED: JobEnd = { type: "cancelled", data: messageData("The job was cancelled.") };
