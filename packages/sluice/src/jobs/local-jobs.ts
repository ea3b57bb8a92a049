import { show } from "../base/check-option.ts";
import { SluiceError } from "../base/sluice-error.ts";
import { quietTimeout, type Timer } from "../base/timers.ts";
import type { Channel } from "../channel/channel.ts";
import type { Job, JobState } from "./job.ts";
import type { TerminalType } from "./job-events.ts";
import type { JobRegistry, JobRun } from "./job-registry.ts";
import type { JobLimits } from "./jobs-options.ts";

/** The jobs that this process runs, and its ended jobs that are not forgotten yet. */
export class LocalJobs implements JobRegistry {
  readonly #channel: Channel;
  readonly #limits: JobLimits;
  /** By ID. Ended jobs are in the order of their end. */
  readonly #jobs = new Map<string, Job>();
  /** Ended jobs: the timer that forgets each, and when the wall clock reaches that time, in ms since 1970. */
  readonly #kept = new Map<Job, { readonly timer: Timer; readonly until: number }>();

  constructor(channel: Channel, limits: JobLimits) {
    this.#channel = channel;
    this.#limits = limits;
  }

  add(job: Job): void {
    if (this.find(job.id) !== undefined) throw idTaken(job.id);
    const { maxJobs } = this.#limits;
    for (const other of this.#jobs.values()) {
      if (this.#jobs.size < maxJobs) break;
      if (other.isOver) this.#forget(other);
    }
    if (this.#jobs.size >= maxJobs) {
      const message = `${this.#jobs.size} jobs are running, and \`maxJobs\` is ${maxJobs}.`;
      throw new SluiceError("INVALID_OPTION", `${message} Wait until one of them ends, or raise \`maxJobs\`.`);
    }
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

  publishEnd({ id }: JobRun, type: TerminalType, data: unknown): Promise<string> {
    return this.#channel.publish(type, data, { topics: [id] });
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

  /** Keeps an ended job for `keepFor` ms, on the clock that passes them first, and then forgets it. */
  keep(job: Job): void {
    const { keepFor } = this.#limits;
    this.#forget(job);
    this.#jobs.set(job.id, job);
    this.#kept.set(job, { timer: quietTimeout(() => this.#forget(job), keepFor), until: Date.now() + keepFor });
  }

  /** Takes over the end that the log has for a run of this process. If the run has no end yet, aborts it. */
  endAsLogged({ id, run }: JobRun, type: TerminalType, data: unknown, eventId: string): void {
    const job = this.#jobs.get(id);
    if (job?.run !== run || job.state === type) return;
    const wasOver = job.isOver;
    job.end(type, data, Promise.resolve(eventId));
    if (wasOver) return;
    this.keep(job);
    job.abort((data as { message?: string } | null)?.message ?? "Another process ended the job.");
  }

  /** True if `keepFor` ms have passed on the wall clock. The timer watches the monotonic clock. */
  #isExpired(job: Job): boolean {
    return (this.#kept.get(job)?.until ?? Number.POSITIVE_INFINITY) < Date.now();
  }

  #forget(job: Job): void {
    clearTimeout(this.#kept.get(job)?.timer);
    this.#kept.delete(job);
    // A newer job may have the same ID by now.
    if (this.#jobs.get(job.id) === job) this.#jobs.delete(job.id);
  }
}

/** Returns the error for an ID that belongs to another job. */
export function idTaken(id: string): SluiceError {
  const message = `\`id\`: another job has the ID ${show(id)}. Pass a different ID, or none to get a random one.`;
  return new SluiceError("INVALID_OPTION", message);
}
