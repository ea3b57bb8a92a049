import { isSluiceError } from "../base/is-sluice-error.ts";
import { sleep } from "../base/timers.ts";
import type { Channel } from "../channel/channel.ts";
import type { TerminalType } from "./job-events.ts";
import type { JobRun } from "./job-registry.ts";
import { endId } from "./job-table.ts";

/** Time between two attempts to publish an end, in ms. */
const RETRY_MS = 1_000;

/** Publishes the ends of jobs. Retries while the log fails, since other nodes learn of an end only from the log. */
export class EndPublisher {
  readonly #channel: Channel;
  readonly #report: (error: unknown) => void;
  /** By run. */
  readonly #pending = new Map<string, Promise<string>>();
  #stopped = false;

  constructor(channel: Channel, report: (error: unknown) => void) {
    this.#channel = channel;
    this.#report = report;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Publishes the end of a run, unless one is pending already. Resolves to its event ID. */
  publish(job: JobRun, type: TerminalType, data: unknown): Promise<string> {
    const pending = this.#pending.get(job.run);
    if (pending !== undefined) return pending;
    const published = this.#publish(job, type, data).finally(() => this.#pending.delete(job.run));
    this.#pending.set(job.run, published);
    return published;
  }

  /** Makes pending ends reject after their next failed attempt. */
  stop(): void {
    this.#stopped = true;
  }

  async #publish({ id, run }: JobRun, type: TerminalType, data: unknown): Promise<string> {
    for (let reported = false; ; reported = true) {
      try {
        return await this.#channel.publish(type, data, { topics: [id], id: endId(run) });
      } catch (error) {
        if (!isSluiceError(error)) throw error;
        // Another node published a different end first. It stands, and this node learns of it from the log.
        if (error.code === "ID_CONFLICT") return endId(run);
        if (this.#stopped || error.code !== "LOG_FAILED") throw error;
        if (!reported) this.#report(error);
        await sleep(RETRY_MS);
      }
    }
  }
}
