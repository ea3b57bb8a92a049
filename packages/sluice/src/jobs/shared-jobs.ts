import type { Channel } from "../channel/channel.ts";
import { Fold } from "../channel/fold.ts";
import type { KeptEvent } from "../channel/kept-event.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { JobState } from "./job.ts";
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

/** What tells the other nodes that there is a job, whose it is and who runs it. Of each job there may be several; they say the same. */
interface Announcement {
  readonly node: string;
  /** Tells jobs apart that had the same ID one after another. */
  readonly run: string;
  readonly user?: string;
  readonly startedAt: number;
  /** When its node counts as dead, in ms. */
  readonly nodeTimeout: number;
}

/** The type of the events that only nodes see. */
export const STARTED = "started";

/** A job as the log tells of it. */
export interface SharedJob extends Announcement {
  readonly id: string;
  state: JobState<unknown, unknown>["state"];
  progress: unknown;
  /** The data and the ID of its last event. */
  outcome: { readonly data: unknown; readonly eventId: Promise<string> } | undefined;
  /** In ms since 1970. */
  endedAt: number;
  /** Where it was last announced. */
  announcedAt: number;
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
const ID_TAKEN = "Another process has started a job with the same ID.";
const NODE_GONE = "The process that ran this job is gone.";

/** All jobs of a name on all nodes: what the log tells of them, one event after another. */
export class SharedJobs {
  readonly #channel: Channel;
  readonly #nodes: JobNodes;
  readonly #owner: JobOwner;
  readonly #report: (error: unknown) => void;
  readonly #keepFor: number;
  readonly #maxJobs: number;
  readonly #fold: Fold;
  /** Those that are over are in the order of their end. */
  #jobs = new Map<string, SharedJob>();
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
    { keepFor, maxJobs }: { readonly keepFor: number; readonly maxJobs: number },
    report: (error: unknown) => void,
  ) {
    this.#channel = channel;
    this.#nodes = nodes;
    this.#owner = owner;
    this.#report = report;
    this.#keepFor = keepFor;
    this.#maxJobs = maxJobs;
    const folded = {
      take: (event: KeptEvent) => this.#take(event),
      restart: () => {
        this.#jobs = new Map();
        this.#restartedAt = performance.now();
      },
    };
    this.#fold = new Fold(channel, folded, "start", report);
    nodes.watch(
      (node) => this.#fail(node),
      () => this.#lookAfter(),
    );
  }

  get(id: string): SharedJob | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined || !this.#isOver(job)) return job;
    this.#jobs.delete(id);
    return undefined;
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
    const { log } = await this.#channel.open();
    await log.sync();
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

  #take({ entry, id: eventId }: KeptEvent): void {
    const [id] = entry.topics ?? [];
    if (id === undefined) return;
    const data: unknown = entry.json ? JSON.parse(entry.data) : entry.data;
    const known = this.#jobs.get(id);
    if (entry.type === STARTED) this.#started(id, data as Announcement, entry.offset, eventId);
    else if (known === undefined || known.outcome !== undefined) return;
    else if (!isTerminal(entry.type)) known.progress = data;
    else if (entry.id === endId(known.run)) {
      known.state = entry.type;
      known.outcome = { data, eventId: Promise.resolve(eventId) };
      known.endedAt = entry.time;
      this.#jobs.delete(id);
      this.#jobs.set(id, known);
      if (known.node === this.#nodes.node) this.#owner.ended(id, known.run, entry.type, data, eventId);
    }
  }

  #started(id: string, announcement: Announcement, offset: number, eventId: string): void {
    const known = this.#jobs.get(id);
    if (known?.run === announcement.run) {
      known.announcedAt = offset;
      return;
    }
    if (known?.state === "running") {
      // Two processes took one ID at the same moment. The one that is first in the log has it.
      if (announcement.node === this.#nodes.node)
        this.#owner.ended(id, announcement.run, "failed", { message: ID_TAKEN }, eventId);
      return;
    }
    this.#jobs.delete(id);
    this.#jobs.set(id, {
      ...announcement,
      id,
      state: "running",
      progress: undefined,
      outcome: undefined,
      endedAt: 0,
      announcedAt: offset,
    });
    this.#nodes.expect(announcement.node, announcement.nodeTimeout);
    this.#forgetBeyondLimits();
  }

  /** After each beat: what others must be told of, or need not be kept any longer. */
  #lookAfter(): void {
    const delivery = this.#channel.open();
    if (delivery instanceof Promise) {
      // Whoever uses the channel hears why it cannot be opened.
      delivery.catch(() => undefined);
      return;
    }
    if (this.#givenUp) return;
    const { first, last } = delivery.log;
    // Soon to be trimmed, and then unknown to every node that comes later.
    const old = first + (last - first) * OLD_PART;
    for (const job of this.#owner.values()) {
      const known = this.#jobs.get(job.id);
      if (known?.run === job.run && (known.announcedAt >= old || known.outcome !== undefined)) continue;
      this.announce(job).catch(this.#report);
      // Of one that is over, the log has lost the end as well.
      if (job.outcome !== undefined && isTerminal(job.state))
        this.end(job, job.state, job.outcome.data).catch(this.#report);
    }
    for (const [id, job] of this.#jobs) {
      if (this.#isOver(job)) this.#jobs.delete(id);
      else if (job.outcome === undefined) this.#nodes.expect(job.node, job.nodeTimeout);
    }
  }

  /** Every node that knows the job says so, and the first is heard. */
  #fail(node: string): void {
    if (this.#givenUp) return;
    for (const job of this.#jobs.values()) {
      if (job.node !== node || job.outcome !== undefined) continue;
      this.end(job, "failed", { message: NODE_GONE }).catch(this.#report);
    }
  }

  #isOver({ outcome, endedAt }: SharedJob): boolean {
    return outcome !== undefined && endedAt + this.#keepFor < Date.now();
  }

  #forgetBeyondLimits(): void {
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size <= this.#maxJobs) return;
      if (job.outcome !== undefined) this.#jobs.delete(id);
    }
    // Others may run more than this node would.
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size <= this.#maxJobs) return;
      if (job.node !== this.#nodes.node) this.#jobs.delete(id);
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Between attempts to tell the log of a job's end. */
const TRY_AGAIN_MS = 1_000;

/** The part of what a log keeps in which an announcement counts as old. */
const OLD_PART = 0.25;

/** The event ID of a job's end: one for each run, so that a log takes only one. */
function endId(run: string): string {
  return `end:${run}`;
}
