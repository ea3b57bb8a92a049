import type { Channel, ReceivedEvent } from "sluice";
import type { Figures } from "../../wire/dashboard.ts";
import { followChannel } from "../log/follow-channel.ts";

/** The figures that a process publishes about itself once per second: the data of a `figures` event. */
export interface WorkerFigures extends Figures {
  /** Name of the process, unique among all processes. */
  readonly worker: string;
  /** When this process was started, in ms since 1970. */
  readonly startedAt: number;
  /** Exports that this process is writing. */
  readonly exports: number;
}

/** The types of the events of the channel `workers`. */
export type WorkerEvents = {
  readonly figures: WorkerFigures;
  /** The process has stopped cleanly. */
  readonly left: { readonly worker: string };
};

/** Options of {@link LiveWorkers}. */
export interface LiveWorkersOptions {
  /** Name of this process. */
  readonly worker: string;
  /** True if other processes may use the same log. */
  readonly shared: boolean;
  /** Called after each report of a process, including this one, and when a process is gone. */
  readonly onChange: () => void;
}

/** A process counts as gone if this process received so many of its own reports in a row and none of the other's. */
const MISSED_REPORTS = 4;
/** If this process has not received even its own reports for this long, the log does not answer. */
const LOG_SILENT_MS = 3_500;
/** Time to receive the reports of the other processes before this one may become the leader. */
const SETTLE_MS = 1_500;

/**
 * The processes that work on the same log. Each publishes a report once per second and receives those of the others.
 * The leader is the process that has run longest; it does the work that must be done once.
 *
 * While the log does not answer there is no leader. After a crash two processes may both be the leader for a moment, so
 * the leader's work must be harmless if it is done twice.
 */
export class LiveWorkers {
  readonly #channel: Channel<WorkerEvents>;
  readonly #worker: string;
  readonly #settleMs: number;
  readonly #onChange: () => void;
  readonly #known = new Map<string, { readonly figures: WorkerFigures; missed: number }>();
  #followedSince = Number.POSITIVE_INFINITY;
  #ownReportAt = Number.NEGATIVE_INFINITY;

  constructor(channel: Channel<WorkerEvents>, { worker, shared, onChange }: LiveWorkersOptions) {
    this.#channel = channel;
    this.#onChange = onChange;
    this.#worker = worker;
    this.#settleMs = shared ? SETTLE_MS : 0;
  }

  /** Receives reports until the signal aborts. */
  start(signal: AbortSignal, onError: (error: unknown) => void): void {
    this.#followedSince = performance.now();
    void followChannel(this.#channel, { from: "now", onEvent: (event) => this.#receive(event), signal, onError });
  }

  /** Publishes this process's report. */
  async report(figures: WorkerFigures): Promise<void> {
    await this.#channel.publish("figures", figures);
  }

  /** Publishes that this process stops. */
  async leave(): Promise<void> {
    await this.#channel.publish("left", { worker: this.#worker });
  }

  /** Removes a process that is known to have exited. */
  remove(worker: string): void {
    this.#known.delete(worker);
    this.#onChange();
  }

  /** The newest report of each live process, the longest-running process first. */
  get reports(): readonly WorkerFigures[] {
    const each = [...this.#known.values()].map(({ figures }) => figures);
    return each.sort((a, b) => a.startedAt - b.startedAt || (a.worker < b.worker ? -1 : 1));
  }

  /** True if this process is the leader. */
  get isLeader(): boolean {
    const now = performance.now();
    const receives = now - this.#ownReportAt <= LOG_SILENT_MS && now - this.#followedSince >= this.#settleMs;
    return receives && this.reports[0]?.worker === this.#worker;
  }

  #receive({ type, data }: ReceivedEvent<WorkerEvents>): void {
    if (type === "left") return this.remove(data.worker);
    if (type !== "figures") return;
    this.#known.set(data.worker, { figures: data, missed: 0 });
    if (data.worker === this.#worker) {
      this.#ownReportAt = performance.now();
      for (const [worker, other] of this.#known) {
        if (worker !== this.#worker && ++other.missed >= MISSED_REPORTS) this.#known.delete(worker);
      }
    }
    this.#onChange();
  }
}
