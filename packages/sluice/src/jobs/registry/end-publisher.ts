import { isSluiceError } from "../../base/errors/is-sluice-error.ts";
import { sleep } from "../../base/time/timers.ts";
import type { Channel } from "../../channel/channel.ts";
import type { JobEnd } from "../job.ts";
import type { JobRun } from "./job-registry.ts";
import { endId } from "./job-table.ts";

/** Time between two attempts to publish an end, in ms. */
const RETRY_MS = 1_000;

/** The publisher of the ends of jobs. It retries while the log fails: other nodes learn of an end only from the log. */
export class EndPublisher {
  readonly #channel: Channel;
  readonly #report: (error: unknown) => void;
  /** By run. */
  readonly #pending = new Map<string, Promise<string>>();
  #isStopped = false;

  constructor(channel: Channel, report: (error: unknown) => void) {
    this.#channel = channel;
    this.#report = report;
  }

  get stopped(): boolean {
    return this.#isStopped;
  }

  /**
   * Publishes the end of a run, unless one is pending already. Resolves to its event ID. Calls `again` for the end to
   * publish with each further attempt.
   */
  publish(run: JobRun, end: JobEnd, again: () => JobEnd): Promise<string> {
    const pending = this.#pending.get(run.run);
    if (pending !== undefined) return pending;
    const published = this.#attempt(run, end)
      .catch((error) => this.#retry(run, again, error))
      .finally(() => this.#pending.delete(run.run));
    this.#pending.set(run.run, published);
    return published;
  }

  /** Makes pending ends reject after their next failed attempt. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Must not keep the end between two attempts: its job may lose its result meanwhile. */
  async #retry(run: JobRun, again: () => JobEnd, firstError: unknown): Promise<string> {
    let error = firstError;
    for (let reported = false; ; reported = true) {
      if (this.#isStopped || !isSluiceError(error) || error.code !== "LOG_FAILED") throw error;
      if (!reported) this.#report(error);
      await sleep(RETRY_MS);
      try {
        return await this.#attempt(run, again());
      } catch (next) {
        error = next;
      }
    }
  }

  async #attempt({ id, run }: JobRun, { type, data }: JobEnd): Promise<string> {
    try {
      return await this.#channel.publishText(type, data, { topics: [id], id: endId(run) });
    } catch (error) {
      if (!isSluiceError(error) || error.code !== "ID_CONFLICT") throw error;
      // Another node published a different end first. It stands, and this node learns of it from the log.
      return endId(run);
    }
  }
}
