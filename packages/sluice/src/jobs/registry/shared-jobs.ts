import { sleep } from "../../base/time/timers.ts";
import type { Channel } from "../../channel/channel.ts";
import type { KeptEvent } from "../../channel/event/kept-event.ts";
import { Projection } from "../../channel/follow/projection.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";
import { describeJob, type FollowedJob, type Job, type JobEnd, type JobState, messageData } from "../job.ts";
import type { JobLimits } from "../jobs-options.ts";
import { idTaken } from "../new-job.ts";
import { EndPublisher } from "./end-publisher.ts";
import type { JobRegistry, JobRun } from "./job-registry.ts";
import { type Announcement, JobTable, STARTED } from "./job-table.ts";
import type { LocalJobs } from "./local-jobs.ts";

/** The nodes that share the log, as jobs use them. */
export interface JobNodes {
  /** Identifies this process. */
  readonly node: string;
  /** Time without a beat after which other nodes consider this one dead, in ms. */
  readonly nodeTimeout: number;
  /** Starts to wait for a beat of a node. The node counts as dead if none arrives within `timeout` ms. */
  expect(node: string, timeout: number): void;
  /** Calls `onDeath` with each node that dies or leaves, and `onBeat` after each beat of this node. */
  watch(onDeath: (node: string) => void, onBeat: () => void): void;
}

interface SharedJobsSetup {
  readonly channel: Channel;
  readonly nodes: JobNodes;
  readonly local: LocalJobs;
  readonly limits: JobLimits;
  readonly report: (error: unknown) => void;
}

/** Makes the registry of the jobs of all nodes. */
export function shareJobs({ report }: Pick<StreamHub, "report">, setup: Omit<SharedJobsSetup, "report">): SharedJobs {
  const { name } = setup.channel;
  return new SharedJobs({ ...setup, report: (error) => report(error, { stage: "job", channel: name }) });
}

/** End of a job whose node died. */
const NODE_GONE: JobEnd = { type: "failed", data: messageData("The process that ran this job is gone.") };

/** The oldest part of the log, from 0 to 1. The log trims it soon, so an announcement in it is repeated. */
const OLD_PART = 0.25;

/** The jobs of all nodes that share the log. Each node publishes the start and the end of its jobs to the log. */
export class SharedJobs implements JobRegistry {
  readonly #channel: Channel;
  readonly #nodes: JobNodes;
  readonly #local: LocalJobs;
  readonly #report: (error: unknown) => void;
  readonly #table: JobTable;
  readonly #projection: Projection;
  readonly #ends: EndPublisher;
  /** When the table was last empty: at the start, or when the log lost entries. On the clock of `performance.now()`. */
  #emptyAt = performance.now();

  constructor({ channel, nodes, local, limits, report }: SharedJobsSetup) {
    this.#channel = channel;
    this.#nodes = nodes;
    this.#local = local;
    this.#report = report;
    this.#ends = new EndPublisher(channel, report);
    this.#table = new JobTable(nodes.node, limits, {
      started: ({ node, nodeTimeout }) => nodes.expect(node, nodeTimeout),
      ended: (...end) => local.endAsLogged(...end),
      forgotten: (job) => local.endForgotten(job),
    });
    const state = {
      apply: (event: KeptEvent) => this.#table.apply(event),
      restart: () => {
        this.#table.clear();
        this.#emptyAt = performance.now();
      },
    };
    this.#projection = new Projection({ channel, state, from: "start", onError: report });
    nodes.watch(
      (node) => this.#failJobsOf(node),
      () => this.#repeatLost(),
    );
  }

  add(job: Job): void {
    if (this.#table.get(job.id) !== undefined) throw idTaken(job.id);
    this.#local.add(job);
  }

  async announce({ id, run, user, startedAt }: Job): Promise<void> {
    const { node, nodeTimeout } = this.#nodes;
    const announcement: Announcement = {
      node,
      run,
      nodeTimeout,
      startedAt: startedAt.getTime(),
      ...(user !== undefined && { user }),
    };
    await this.#channel.publish(STARTED, announcement, { topics: [id] });
  }

  find(id: string): FollowedJob | undefined {
    return this.#table.get(id) ?? this.#local.find(id);
  }

  stateOf(id: string): JobState<unknown, unknown> | undefined {
    const job = this.#table.get(id);
    // If the runs differ, another process took the ID: at the same moment, or after this process's job had ended.
    if (job === undefined || job.run === this.#local.find(id)?.run) return this.#local.stateOf(id);
    return describeJob(job);
  }

  cancelElsewhere(id: string, end: JobEnd): boolean {
    const job = this.#table.get(id);
    if (job?.state !== "running") return false;
    this.publishEnd(job, end).catch(this.#report);
    return true;
  }

  publishEnd(run: JobRun, end: JobEnd, again: () => JobEnd = () => end): Promise<string> {
    return this.#ends.publish(run, end, again);
  }

  async sync(id: string): Promise<void> {
    await (await this.#channel.open()).sync();
    await this.#projection.caughtUp();
    // If the log lost the announcement, the job's node repeats it within this time.
    const { nodeTimeout } = this.#nodes;
    while (this.#table.get(id) === undefined && performance.now() - this.#emptyAt < nodeTimeout)
      await sleep(nodeTimeout / 10);
  }

  caughtUp(): Promise<void> {
    return this.#projection.caughtUp();
  }

  stopRetrying(): void {
    this.#ends.stop();
  }

  close(): void {
    this.#ends.stop();
    this.#projection.stop();
    this.#local.close();
  }

  /**
   * Runs after each beat. Publishes the events of this process's jobs again that the log lost, or will trim soon.
   * See docs/decisions/020-announce-jobs-again.md.
   */
  #repeatLost(): void {
    const opened = this.#channel.open();
    if (opened instanceof Promise) {
      // Every use of the channel reports why it does not open.
      opened.catch(() => undefined);
      return;
    }
    if (this.#ends.stopped) return;
    const { first, last } = opened.retained;
    const oldest = first + (last - first) * OLD_PART;
    for (const job of this.#local.values()) {
      if (this.#table.lacksStart(job, oldest)) this.announce(job).catch(this.#report);
      const { terminal } = job;
      if (terminal !== undefined && this.#table.lacksEnd(job))
        this.publishEnd(job, terminal, () => job.terminal ?? terminal).catch(this.#report);
    }
    this.#table.forgetOld();
    for (const { node, nodeTimeout } of this.#table.running()) this.#nodes.expect(node, nodeTimeout);
  }

  /** Publishes `failed` for the jobs of a dead node. Every node does; the log takes the first. */
  #failJobsOf(node: string): void {
    if (this.#ends.stopped) return;
    for (const job of this.#table.running()) if (job.node === node) this.publishEnd(job, NODE_GONE).catch(this.#report);
  }
}
