import { SluiceError } from "../base/sluice-error.ts";
import type { Channel } from "../channel/channel.ts";
import type { KeptEvent } from "../channel/event/kept-event.ts";
import { Projection } from "../channel/follow/projection.ts";
import type { JobState } from "./job.ts";
import { type Announcement, endId, JobTable, type SharedJob, STARTED } from "./job-table.ts";
import { isTerminal, type TerminalType } from "./terminal-type.ts";

/** The other processes that share the log, as far as jobs are concerned. */
export interface JobNodes {
  /** Names this process. */
  readonly node: string;
  /** Time after which a node that is not heard of counts as dead, in ms. */
  readonly nodeTimeout: number;
  /** A node must be heard of from now on, or it counts as dead after its timeout, in ms. */
  expect(node: string, timeout: number): void;
  watch(onDeath: (node: string) => void, onBeat: () => void): void;
}

/** One run of a job. */
interface JobRun {
  readonly id: string;
  readonly run: string;
}

/** A job that this process runs, or ran, as long as others may ask for it. */
export interface OwnJob {
  readonly id: string;
  readonly run: string;
  readonly user: string | undefined;
  readonly startedAt: Date;
  readonly state: JobState<unknown, unknown>["state"];
  readonly outcome: { readonly data: unknown } | undefined;
}

/** The jobs of this process. */
export interface JobOwner {
  /** Those that run, and those that are over. */
  values(): Iterable<OwnJob>;
  /** A job of this process is over, whoever said so first: another has ended it, or not heard of this process for long. */
  ended(id: string, run: string, type: TerminalType, data: unknown, eventId: string): void;
}

/** How a job that nobody runs any more has failed. */
const NODE_GONE = "The process that ran this job is gone.";

/** The part of what a log keeps in which an announcement counts as old. */
const OLD_PART = 0.25;

/** Between attempts to tell the log of a job's end, in ms. */
const TRY_AGAIN_MS = 1_000;

/** Keeps all nodes told of all jobs of a name: which this one runs, how each has ended, and which nobody runs any more. */
export class SharedJobs {
  readonly #channel: Channel;
  readonly #nodes: JobNodes;
  readonly #owner: JobOwner;
  readonly #report: (error: unknown) => void;
  readonly #table: JobTable;
  readonly #fold: Projection;
  /** Since when it knows what the log says: since it began, or the log last lost something. */
  #restartedAt = performance.now();
  /** Ends that the log is being told of, by run. */
  readonly #ending = new Map<string, Promise<string>>();
  /** Whether what the log does not take now is not tried again. */
  #givenUp = false;

  constructor(
    channel: Channel,
    nodes: JobNodes,
    owner: JobOwner,
    limits: { readonly keepFor: number; readonly maxJobs: number },
    report: (error: unknown) => void,
  ) {
    this.#channel = channel;
    this.#nodes = nodes;
    this.#owner = owner;
    this.#report = report;
    this.#table = new JobTable(nodes.node, limits, {
      started: ({ node, nodeTimeout }) => nodes.expect(node, nodeTimeout),
      ended: (...end) => owner.ended(...end),
    });
    const folded = {
      take: (event: KeptEvent) => this.#table.take(event),
      restart: () => {
        this.#table.clear();
        this.#restartedAt = performance.now();
      },
    };
    this.#fold = new Projection(channel, folded, "start", report);
    nodes.watch(
      (node) => this.#fail(node),
      () => this.#lookAfter(),
    );
  }

  get(id: string): SharedJob | undefined {
    return this.#table.get(id);
  }

  /** How a job is doing, as users see it. */
  stateOf(id: string): JobState<unknown, unknown> | undefined {
    const job = this.get(id);
    if (job === undefined) return undefined;
    const { state, progress, outcome, startedAt, user } = job;
    const result = state === "completed" ? outcome?.data : undefined;
    return { id, state, progress, result, startedAt: new Date(startedAt), user };
  }

  /** Asks the process that runs a job to end it. Returns whether it runs. */
  cancel(id: string, data: { readonly message: string }): boolean {
    const job = this.get(id);
    if (job?.state !== "running") return false;
    this.end(job, "cancelled", data).catch(this.#report);
    return true;
  }

  /** Resolves once everything that this process knows of the channel is known here. */
  caughtUp(): Promise<void> {
    return this.#fold.caughtUp();
  }

  /** Resolves once everything that any node had said before is known here; and where the job is unknown, after the time in which its process would say it again, had the log lost it. */
  async sync(id: string): Promise<void> {
    await (await this.#channel.open()).sync();
    await this.#fold.caughtUp();
    const patience = this.#nodes.nodeTimeout;
    while (this.get(id) === undefined && performance.now() - this.#restartedAt < patience) await sleep(patience / 10);
  }

  /** Tells all nodes of a job of this one. */
  async announce({ id, run, user, startedAt }: OwnJob): Promise<void> {
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

  /** Says the end of a job, until the log has it, since nobody else would ever know. Whoever says it first has said it. */
  end(job: JobRun, type: TerminalType, data: unknown): Promise<string> {
    const begun = this.#ending.get(job.run);
    if (begun !== undefined) return begun;
    const ending = this.#publishEnd(job, type, data).finally(() => this.#ending.delete(job.run));
    this.#ending.set(job.run, ending);
    return ending;
  }

  /** What the log does not take now is not tried again: all is about to be closed. */
  giveUp(): void {
    this.#givenUp = true;
  }

  close(): void {
    this.giveUp();
    this.#fold.stop();
  }

  async #publishEnd({ id, run }: JobRun, type: TerminalType, data: unknown): Promise<string> {
    for (let told = false; ; told = true) {
      try {
        return await this.#channel.publish(type, data, { topics: [id], id: endId(run) });
      } catch (error) {
        if (this.#givenUp || !(error instanceof SluiceError) || error.code !== "LOG_FAILED") throw error;
        if (!told) this.#report(error);
        await sleep(TRY_AGAIN_MS);
      }
    }
  }

  /** After each beat: what others must be told of, or need not be kept any longer. */
  #lookAfter(): void {
    const opened = this.#channel.open();
    if (opened instanceof Promise) {
      // Whoever uses the channel hears why it cannot be opened.
      opened.catch(() => undefined);
      return;
    }
    if (this.#givenUp) return;
    const { first, last } = opened.retained;
    // Soon to be trimmed, and then unknown to every node that comes later.
    const old = first + (last - first) * OLD_PART;
    for (const job of this.#owner.values()) {
      if (this.#table.isTold(job, old)) continue;
      this.announce(job).catch(this.#report);
      // Of one that is over, the log has lost the end, and what announced it or not.
      if (job.outcome !== undefined && isTerminal(job.state))
        this.end(job, job.state, job.outcome.data).catch(this.#report);
    }
    this.#table.forgetOld();
    for (const { node, nodeTimeout } of this.#table.running()) this.#nodes.expect(node, nodeTimeout);
  }

  /** Every node that knows the job says so, and the first is heard. */
  #fail(node: string): void {
    if (this.#givenUp) return;
    for (const job of this.#table.running())
      if (job.node === node) this.end(job, "failed", { message: NODE_GONE }).catch(this.#report);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
