import { quietTimeout, type Timer } from "../../base/time/timers.ts";
import type { Channel } from "../../channel/channel.ts";
import type { DataText } from "../../channel/publish/new-entry.ts";
import { type Job, type JobEnd, type JobState, parseData } from "../job.ts";
import type { JobLimits } from "../jobs-options.ts";
import { idTaken, tooManyJobs } from "../new-job.ts";
import { JobMemory } from "./job-memory.ts";
import type { JobRegistry, JobRun } from "./job-registry.ts";

/** The jobs that this process runs, and its ended jobs that are not forgotten yet. */
export class LocalJobs implements JobRegistry {
  /** Receives each ended job that a limit is about to force out. */
  onEvict: ((job: Job) => void) | undefined;
  readonly #channel: Channel;
  readonly #limits: JobLimits;
  /** By ID. Ended jobs are in the order of their end. */
  readonly #jobs = new Map<string, Job>();
  /** The timer that forgets each ended job, and the same time on the wall clock, in ms since 1970. */
  readonly #kept = new Map<Job, { readonly timer: Timer; readonly until: number }>();
  readonly #memory: JobMemory<Job>;

  constructor(channel: Channel, limits: JobLimits) {
    this.#channel = channel;
    this.#limits = limits;
    this.#memory = new JobMemory(limits, (job) => this.#evict(job));
  }

  add(job: Job): void {
    if (this.find(job.id) !== undefined) throw idTaken(job.id);
    const { maxJobs } = this.#limits;
    for (const other of this.#jobs.values()) {
      if (this.#jobs.size < maxJobs) break;
      if (other.isOver) this.#evict(other);
    }
    if (this.#jobs.size >= maxJobs) throw tooManyJobs(this.#jobs.size, maxJobs);
    this.#jobs.set(job.id, job);
  }

  async announce(): Promise<void> {}

  find(id: string): Job | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined || !this.#isExpired(job)) return job;
    this.#forget(job);
    return undefined;
  }

  stateOf(id: string): JobState<unknown, unknown> | undefined {
    return this.find(id)?.describe();
  }

  cancelElsewhere(): boolean {
    return false;
  }

  publishEnd({ id }: JobRun, { type, data }: JobEnd): Promise<string> {
    return this.#channel.publishText(type, data, { topics: [id] });
  }

  sync(): undefined {}

  caughtUp(): undefined {}

  stopRetrying(): void {}

  close(): void {
    for (const { timer } of this.#kept.values()) clearTimeout(timer);
    this.#kept.clear();
  }

  values(): Iterable<Job> {
    for (const job of this.#kept.keys()) if (this.#isExpired(job)) this.#forget(job);
    return this.#jobs.values();
  }

  setProgress(job: Job, progress: DataText | undefined): void {
    job.progress = progress;
    this.changed(job);
  }

  /** Counts a job again whose progress or end has changed. */
  changed(job: Job): void {
    if (this.#jobs.get(job.id) === job) this.#memory.update(job);
  }

  /** Keeps an ended job for `keepFor` ms, on the clock that passes them first, and then forgets it. */
  keep(job: Job): void {
    const { keepFor } = this.#limits;
    this.#forget(job);
    this.#jobs.set(job.id, job);
    this.#kept.set(job, { timer: quietTimeout(() => this.#forget(job), keepFor), until: Date.now() + keepFor });
    this.changed(job);
  }

  /** Takes over the end that the log has for a run of this process. If the run has no end yet, aborts it. */
  endAsLogged({ id, run }: JobRun, end: JobEnd, eventId: string): void {
    const job = this.#jobs.get(id);
    if (job?.run !== run) return;
    const wasOver = job.isOver;
    // Take the end even if it is equal. Both registries then hold the same text.
    job.end(end, Promise.resolve(eventId));
    if (wasOver) return this.changed(job);
    this.keep(job);
    const { message = "Another process ended the job." } = (parseData(end.data) ?? {}) as { message?: string };
    job.abort(message);
  }

  /** Forgets an ended job of this run: the log's registry has forgotten it. */
  endForgotten({ id, run }: JobRun): void {
    const job = this.#jobs.get(id);
    if (job?.run === run && job.isOver) this.#forget(job);
  }

  /** Forgets an ended job because of a limit. */
  #evict(job: Job): void {
    this.onEvict?.(job);
    this.#forget(job);
  }

  /** True if `keepFor` ms have passed on the wall clock. The timer watches the monotonic clock. */
  #isExpired(job: Job): boolean {
    return (this.#kept.get(job)?.until ?? Number.POSITIVE_INFINITY) < Date.now();
  }

  #forget(job: Job): void {
    clearTimeout(this.#kept.get(job)?.timer);
    this.#kept.delete(job);
    this.#memory.remove(job);
    // A newer job may have the same ID by now.
    if (this.#jobs.get(job.id) === job) this.#jobs.delete(job.id);
  }
}
