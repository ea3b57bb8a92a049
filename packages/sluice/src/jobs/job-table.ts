import { type Expiry, expiryAt, timeLeft } from "../base/expiry.ts";
import type { KeptEvent } from "../channel/event/kept-event.ts";
import type { FollowedJob, JobOutcome, JobState } from "./job.ts";
import { isTerminal, type TerminalType } from "./job-events.ts";
import type { JobRun } from "./job-registry.ts";
import type { JobLimits } from "./jobs-options.ts";

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
  progress: unknown;
  outcome: JobOutcome | undefined;
  /** When to forget the job; `undefined` while it runs. */
  expiry: Expiry | undefined;
  /** Offset of the newest announcement. */
  announcedAt: number;
}

/** Callbacks of a {@link JobTable}. */
export interface JobTableListener {
  /** A job was announced that the table did not have. */
  started(job: SharedJob): void;
  /** The log has an end for a run of this node, published by this node or another. */
  ended(job: JobRun, type: TerminalType, data: unknown, eventId: string): void;
}

/**
 * Returns the event ID of a run's end. A log takes each ID once, so only the first end of a run gets into the log.
 * See docs/decisions/019-a-jobs-end-has-an-id-of-its-own.md.
 */
export function endId(run: string): string {
  return `end:${run}`;
}

const ID_TAKEN = { message: "Another process has started a job with the same ID." };

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
  readonly #endsWithoutJob = new Map<string, KeptEvent>();

  /** `node` is this node. */
  constructor(node: string, limits: JobLimits, listener: JobTableListener) {
    this.#node = node;
    this.#limits = limits;
    this.#listener = listener;
  }

  get(id: string): SharedJob | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined || !this.#isExpired(job)) return job;
    this.#jobs.delete(id);
    return undefined;
  }

  /** Returns the jobs that run. */
  running(): SharedJob[] {
    return [...this.#jobs.values()].filter(({ outcome }) => outcome === undefined);
  }

  /**
   * Returns true if other nodes can learn from the log what they need to know of a run: its end, or, while it runs, an
   * announcement at offset `oldest` or later.
   */
  isInLog({ id, run, outcome }: JobRun & Pick<FollowedJob, "outcome">, oldest: number): boolean {
    const known = this.#jobs.get(id);
    // If the ID belongs to another run by now, nobody needs the end of this one.
    if (known?.run !== run) return known !== undefined && outcome !== undefined;
    return known.outcome !== undefined || (outcome === undefined && known.announcedAt >= oldest);
  }

  /** Applies the next event. */
  apply(event: KeptEvent): void {
    const { entry, id: eventId } = event;
    const [id] = entry.topics ?? [];
    if (id === undefined) return;
    const data: unknown = entry.json ? JSON.parse(entry.data) : entry.data;
    const known = this.#jobs.get(id);
    if (entry.type === STARTED) this.#start(id, data as Announcement, entry.offset, eventId);
    else if (!isTerminal(entry.type)) {
      if (known !== undefined && known.outcome === undefined) known.progress = data;
    } else if (known === undefined || entry.id !== endId(known.run)) this.#keepForLater(event);
    else if (known.outcome === undefined) {
      known.state = entry.type;
      known.outcome = { data, eventId: Promise.resolve(eventId) };
      // If the clock was set back since the end, the end lies in the future. Keep the job no longer for that.
      known.expiry = expiryAt(Math.min(entry.time, Date.now()) + this.#limits.keepFor);
      this.#jobs.delete(id);
      this.#jobs.set(id, known);
      if (known.node === this.#node) this.#listener.ended(known, entry.type, data, eventId);
    }
  }

  /** Forgets everything: the log may have lost what was applied. */
  clear(): void {
    this.#jobs.clear();
    this.#endsWithoutJob.clear();
  }

  /** Forgets the jobs that ended more than `keepFor` ms ago. */
  forgetOld(): void {
    for (const [id, job] of this.#jobs) if (this.#isExpired(job)) this.#jobs.delete(id);
  }

  #start(id: string, announcement: Announcement, offset: number, eventId: string): void {
    const known = this.#jobs.get(id);
    if (known?.run === announcement.run) {
      known.announcedAt = offset;
      return;
    }
    if (known?.state === "running") {
      // Two nodes took the same ID at the same moment. The first announcement in the log wins.
      if (announcement.node === this.#node)
        this.#listener.ended({ id, run: announcement.run }, "failed", ID_TAKEN, eventId);
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
    this.#jobs.delete(id);
    this.#jobs.set(id, job);
    this.#listener.started(job);
    const end = this.#endsWithoutJob.get(endId(job.run));
    if (end !== undefined) this.apply(end);
    this.#enforceMaxJobs();
  }

  #keepForLater(end: KeptEvent): void {
    this.#endsWithoutJob.set(end.id, end);
    for (const id of this.#endsWithoutJob.keys()) {
      if (this.#endsWithoutJob.size <= this.#limits.maxJobs) return;
      this.#endsWithoutJob.delete(id);
    }
  }

  #isExpired({ expiry }: SharedJob): boolean {
    return expiry !== undefined && timeLeft(expiry) < 0;
  }

  #enforceMaxJobs(): void {
    const { maxJobs } = this.#limits;
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size <= maxJobs) return;
      if (job.outcome !== undefined) this.#jobs.delete(id);
    }
    // Other nodes may have a higher limit, so running jobs of theirs are forgotten too. Those of this node are not.
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size <= maxJobs) return;
      if (job.node !== this.#node) this.#jobs.delete(id);
    }
  }
}
