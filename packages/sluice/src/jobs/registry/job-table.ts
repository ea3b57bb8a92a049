import { type Expiry, expiryAt, timeLeft } from "../../base/time/expiry.ts";
import type { KeptEvent } from "../../channel/event/kept-event.ts";
import type { DataText } from "../../channel/publish/new-entry.ts";
import { type Job, type JobEnd, type JobOutcome, type JobState, messageData } from "../job.ts";
import { isTerminal, type TerminalType } from "../job-events.ts";
import type { JobLimits } from "../jobs-options.ts";
import { JobMemory } from "./job-memory.ts";
import type { JobRun } from "./job-registry.ts";

/** Type of the events by which nodes announce their jobs. Followers of a job do not receive them. */
export const STARTED = "started";

/** Data of a {@link STARTED} event. A node may announce a job several times, with equal data. */
export interface Announcement {
  /** The node that runs the job. */
  readonly node: string;
  /** Distinguishes jobs that had the same ID one after another. */
  readonly run: string;
  readonly user?: string;
  /** In ms since 1970. */
  readonly startedAt: number;
  /** Time without a beat after which the node counts as dead, in ms. */
  readonly nodeTimeout: number;
}

/** A job as the log describes it. */
export interface SharedJob extends Announcement {
  readonly id: string;
  state: JobState<unknown, unknown>["state"];
  progress: DataText | undefined;
  outcome: JobOutcome | undefined;
  /** When to forget the job; `undefined` while it runs. */
  expiry: Expiry | undefined;
  /** Offset of the newest announcement. */
  announcedAt: number;
}

/** Callbacks of a {@link JobTable}. */
export interface JobTableListener {
  /** Called when a job is announced that the table does not have. */
  started(job: SharedJob): void;
  /** Called when the log has an end for a run of this node, published by any node. */
  ended(job: JobRun, end: JobEnd, eventId: string): void;
  /** Called when a run of this node is forgotten after its end. */
  forgotten(job: JobRun): void;
}

/** An end whose job is unknown. */
interface EarlyEnd {
  /** Event ID of the end. */
  readonly id: string;
  readonly type: TerminalType;
  readonly outcome: JobOutcome;
  readonly user?: undefined;
  progress: undefined;
}

/**
 * Returns the event ID of a run's end. A log takes each ID once, so only the first end of a run gets into the log.
 * See docs/decisions/019-a-jobs-end-has-an-id-of-its-own.md.
 */
export function endId(run: string): string {
  return `end:${run}`;
}

const ID_TAKEN: JobEnd = {
  type: "failed",
  data: messageData("Another process has started a job with the same ID."),
};

/** The jobs of one name on all nodes, computed by applying the events of the log in order. */
export class JobTable {
  /** This node. */
  readonly #node: string;
  readonly #limits: JobLimits;
  readonly #listener: JobTableListener;
  /** By ID. Ended jobs are in the order of their end. */
  readonly #jobs = new Map<string, SharedJob>();
  /**
   * Ends without an announcement, by event ID: the log may have lost the announcement, and its node may repeat it
   * later. At most `maxJobs`.
   */
  readonly #earlyEnds = new Map<string, EarlyEnd>();
  readonly #memory: JobMemory<SharedJob | EarlyEnd>;

  /** `node` is this node. */
  constructor(node: string, limits: JobLimits, listener: JobTableListener) {
    this.#node = node;
    this.#limits = limits;
    this.#listener = listener;
    this.#memory = new JobMemory<SharedJob | EarlyEnd>(limits, (job) => {
      if ("node" in job) this.#forget(job);
      else this.#forgetEarly(job);
    });
  }

  get(id: string): SharedJob | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined || !this.#isExpired(job)) return job;
    this.#forget(job);
    return undefined;
  }

  /** Returns the jobs that run. */
  running(): SharedJob[] {
    return [...this.#jobs.values()].filter(({ outcome }) => outcome === undefined);
  }

  /**
   * Returns true if a job of this node must be announced: the log may lack the announcement, or has it at an offset
   * before `oldest`, and other nodes still need it.
   */
  lacksStart({ id, run, isOver }: Job, oldest: number): boolean {
    const known = this.#jobs.get(id);
    // If the ID belongs to another run by now, no node needs the end of this run.
    if (known?.run !== run) return known === undefined || !isOver;
    return known.outcome === undefined && known.announcedAt < oldest;
  }

  /** Returns true if the log may lack the end of a job of this node that is over. */
  lacksEnd({ id, run }: Job): boolean {
    const known = this.#jobs.get(id);
    return known === undefined || (known.run === run && known.outcome === undefined);
  }

  /** Applies the next event. */
  apply(event: KeptEvent): void {
    const { entry, id: eventId } = event;
    const [id] = entry.topics ?? [];
    if (id === undefined || !event.isSound) return;
    const data = { text: entry.data, json: entry.json };
    const known = this.#jobs.get(id);
    if (entry.type === STARTED) this.#start(id, JSON.parse(entry.data) as Announcement, entry.offset, eventId);
    else if (entry.type === "progress") {
      if (known === undefined || known.outcome !== undefined) return;
      known.progress = data;
      this.#memory.update(known);
    } else if (isTerminal(entry.type)) {
      const outcome = { data, eventId: Promise.resolve(eventId) };
      const end: EarlyEnd = { id: eventId, type: entry.type, outcome, progress: undefined };
      if (known === undefined || entry.id !== endId(known.run)) this.#keepForLater(end);
      else if (known.outcome === undefined) this.#end(known, end);
    }
  }

  /** Forgets everything: the log may have lost what was applied. */
  clear(): void {
    this.#jobs.clear();
    this.#earlyEnds.clear();
    this.#memory.clear();
  }

  /** Forgets the jobs that ended more than `keepFor` ms ago. */
  forgetOld(): void {
    for (const job of this.#jobs.values()) if (this.#isExpired(job)) this.#forget(job);
  }

  #start(id: string, announcement: Announcement, offset: number, eventId: string): void {
    const known = this.#jobs.get(id);
    if (known?.run === announcement.run) {
      known.announcedAt = offset;
      return;
    }
    if (known?.state === "running") {
      // Two nodes took the same ID at the same moment. The first announcement in the log wins.
      if (announcement.node === this.#node) this.#listener.ended({ id, run: announcement.run }, ID_TAKEN, eventId);
      return;
    }
    const job: SharedJob = {
      ...announcement,
      id,
      state: "running",
      progress: undefined,
      outcome: undefined,
      expiry: undefined,
      announcedAt: offset,
    };
    if (known !== undefined) this.#memory.remove(known);
    this.#jobs.delete(id);
    this.#jobs.set(id, job);
    this.#listener.started(job);
    const end = this.#earlyEnds.get(endId(job.run));
    if (end !== undefined) this.#end(job, end);
    this.#enforceMaxJobs();
  }

  #end(job: SharedJob, { id: eventId, type, outcome }: EarlyEnd): void {
    job.state = type;
    job.outcome = outcome;
    // From now on, since the time of the event is that of another machine's clock.
    job.expiry = expiryAt(Date.now() + this.#limits.keepFor);
    // Deleting first keeps the ended jobs in the order of their end.
    this.#jobs.delete(job.id);
    this.#jobs.set(job.id, job);
    if (job.node === this.#node) this.#listener.ended(job, { type, data: outcome.data }, eventId);
    this.#memory.update(job);
  }

  #keepForLater(end: EarlyEnd): void {
    this.#earlyEnds.set(end.id, end);
    this.#memory.update(end);
    for (const early of this.#earlyEnds.values()) {
      if (this.#earlyEnds.size <= this.#limits.maxJobs) return;
      this.#forgetEarly(early);
    }
  }

  #forgetEarly(end: EarlyEnd): void {
    this.#earlyEnds.delete(end.id);
    this.#memory.remove(end);
  }

  #forget(job: SharedJob): void {
    this.#jobs.delete(job.id);
    this.#memory.remove(job);
    // Otherwise this node would miss the job in the log, and announce it again.
    if (job.node === this.#node) this.#listener.forgotten(job);
  }

  #isExpired({ expiry }: SharedJob): boolean {
    return expiry !== undefined && timeLeft(expiry) < 0;
  }

  #enforceMaxJobs(): void {
    const { maxJobs } = this.#limits;
    for (const job of this.#jobs.values()) {
      if (this.#jobs.size <= maxJobs) return;
      if (job.outcome !== undefined) this.#forget(job);
    }
    // Other nodes may have a higher limit, so their running jobs are forgotten too. Running jobs of this node stay.
    for (const job of this.#jobs.values()) {
      if (this.#jobs.size <= maxJobs) return;
      if (job.node !== this.#node) this.#forget(job);
    }
  }
}
