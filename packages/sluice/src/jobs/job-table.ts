import type { KeptEvent } from "../channel/event/kept-event.ts";
import type { JobState } from "./job.ts";
import { isTerminal, type TerminalType } from "./terminal-type.ts";

/** What tells the other nodes that there is a job, whose it is and who runs it. Of each job there may be several; they say the same. */
export interface Announcement {
  readonly node: string;
  /** Tells jobs apart that had the same ID one after another. */
  readonly run: string;
  readonly user?: string;
  readonly startedAt: number;
  /** When its node counts as dead, in ms. */
  readonly nodeTimeout: number;
}

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

/** Hears what the log tells of jobs. */
export interface JobTableListener {
  /** A job was announced that the table did not have. */
  started(job: SharedJob): void;
  /** A job of this node is over. */
  ended(id: string, run: string, type: TerminalType, data: unknown, eventId: string): void;
}

/** The type of the events that only nodes see. */
export const STARTED = "started";

/** The event ID of a job's end: one for each run, so that a log takes only one. */
export function endId(run: string): string {
  return `end:${run}`;
}

const ID_TAKEN = "Another process has started a job with the same ID.";

/** All jobs of a name on all nodes: what the log tells of them, one event after another. */
export class JobTable {
  readonly #node: string;
  readonly #keepFor: number;
  readonly #maxJobs: number;
  readonly #listener: JobTableListener;
  /** Those that are over are in the order of their end. */
  readonly #jobs = new Map<string, SharedJob>();
  /** Ends of runs that are not announced, or will be later: the log may have lost what announced them. By their event IDs. */
  readonly #early = new Map<string, KeptEvent>();

  /** `node`: this one. */
  constructor(
    node: string,
    { keepFor, maxJobs }: { readonly keepFor: number; readonly maxJobs: number },
    listener: JobTableListener,
  ) {
    this.#node = node;
    this.#keepFor = keepFor;
    this.#maxJobs = maxJobs;
    this.#listener = listener;
  }

  get(id: string): SharedJob | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined || !this.#isForgotten(job)) return job;
    this.#jobs.delete(id);
    return undefined;
  }

  /** Those that run. */
  running(): SharedJob[] {
    return [...this.#jobs.values()].filter(({ outcome }) => outcome === undefined);
  }

  /** Whether the log has told of a run what others need: its end, or, while it runs, that there is it, at an offset of `since` or later. */
  isTold({ id, run, outcome }: Pick<SharedJob, "id" | "run"> & { readonly outcome: unknown }, since: number): boolean {
    const known = this.#jobs.get(id);
    // Of one that is over nothing is to be told where the ID is another's.
    if (known?.run !== run) return known !== undefined && outcome !== undefined;
    return known.outcome !== undefined || (outcome === undefined && known.announcedAt >= since);
  }

  /** Takes the next event. */
  take(event: KeptEvent): void {
    const { entry, id: eventId } = event;
    const [id] = entry.topics ?? [];
    if (id === undefined) return;
    const data: unknown = entry.json ? JSON.parse(entry.data) : entry.data;
    const known = this.#jobs.get(id);
    if (entry.type === STARTED) this.#started(id, data as Announcement, entry.offset, eventId);
    else if (!isTerminal(entry.type)) {
      if (known !== undefined && known.outcome === undefined) known.progress = data;
    } else if (known === undefined || entry.id !== endId(known.run)) this.#keepEarly(event);
    else if (known.outcome === undefined) {
      known.state = entry.type;
      known.outcome = { data, eventId: Promise.resolve(eventId) };
      known.endedAt = entry.time;
      this.#jobs.delete(id);
      this.#jobs.set(id, known);
      if (known.node === this.#node) this.#listener.ended(id, known.run, entry.type, data, eventId);
    }
  }

  /** Begins again: what was taken may be lost. */
  clear(): void {
    this.#jobs.clear();
    this.#early.clear();
  }

  /** Forgets those that have been over for long. */
  forgetOld(): void {
    for (const [id, job] of this.#jobs) if (this.#isForgotten(job)) this.#jobs.delete(id);
  }

  #started(id: string, announcement: Announcement, offset: number, eventId: string): void {
    const known = this.#jobs.get(id);
    if (known?.run === announcement.run) {
      known.announcedAt = offset;
      return;
    }
    if (known?.state === "running") {
      // Two processes took one ID at the same moment. The one that is first in the log has it.
      if (announcement.node === this.#node)
        this.#listener.ended(id, announcement.run, "failed", { message: ID_TAKEN }, eventId);
      return;
    }
    const job: SharedJob = {
      ...announcement,
      id,
      state: "running",
      progress: undefined,
      outcome: undefined,
      endedAt: 0,
      announcedAt: offset,
    };
    this.#jobs.delete(id);
    this.#jobs.set(id, job);
    this.#listener.started(job);
    const end = this.#early.get(endId(job.run));
    if (end !== undefined) this.take(end);
    this.#forgetBeyondLimits();
  }

  #keepEarly(end: KeptEvent): void {
    this.#early.set(end.id, end);
    for (const id of this.#early.keys()) {
      if (this.#early.size <= this.#maxJobs) return;
      this.#early.delete(id);
    }
  }

  #isForgotten({ outcome, endedAt }: SharedJob): boolean {
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
      if (job.node !== this.#node) this.#jobs.delete(id);
    }
  }
}
