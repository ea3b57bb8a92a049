import type { Channel } from "sluice";
import type { Figures } from "../dashboard/metric.ts";
import { follow } from "../log/follow.ts";

/** What a process says of itself once per second: the data of a `figures` event. */
export interface WorkerFigures extends Figures {
  /** The name of the process, which no other has. */
  readonly worker: string;
  /** When this process was started, in ms since 1970. */
  readonly startedAt: number;
  /** Exports that it is writing. */
  readonly exports: number;
}

/** The types of the events of the channel `workers`. */
export type WorkerEvents = {
  readonly figures: WorkerFigures;
  /** It has ended in good order. */
  readonly left: { readonly worker: string };
};

/** Own figures heard, after which another process of which nothing was heard meanwhile is gone. */
const MISSED_TO_BE_GONE = 4;
/** When this process has not heard even itself for so long, the log does not answer. */
const SILENT_MS = 3_500;
/** Time to hear of the others, who speak once per second, before one takes oneself for the first. */
const SETTLE_MS = 1_500;

/**
 * Who works on the same log: each process says once per second that it is there and how it is doing, and hears the others. What must
 * be done once and not by everybody is done by the first of them: the one that has been there longest. While the log does not
 * answer, nobody is the first; after a death two may take themselves for it for a moment, so it is nothing that twice would harm.
 */
export class Roster {
  readonly #channel: Channel<WorkerEvents>;
  readonly #worker: string;
  readonly #settleMs: number;
  readonly #onHeard: () => void;
  readonly #heard = new Map<string, { readonly figures: WorkerFigures; missed: number }>();
  #followedSince = Number.POSITIVE_INFINITY;
  #heardItself = Number.NEGATIVE_INFINITY;

  /** `shared`: whether there may be others. `onHeard` is called whenever one was heard, this one included, or is gone. */
  constructor(channel: Channel<WorkerEvents>, worker: string, shared: boolean, onHeard: () => void) {
    this.#channel = channel;
    this.#onHeard = onHeard;
    this.#worker = worker;
    this.#settleMs = shared ? SETTLE_MS : 0;
  }

  /** Hears the others until the signal aborts. */
  start(signal: AbortSignal, onError: (error: unknown) => void): void {
    this.#followedSince = performance.now();
    void follow(this.#channel, { from: "now", take: (item) => this.#hear(item), signal, onError });
  }

  /** Says how this process is doing. */
  async tell(figures: WorkerFigures): Promise<void> {
    await this.#channel.publish("figures", figures);
  }

  /** Says that this process ends. */
  async leave(): Promise<void> {
    await this.#channel.publish("left", { worker: this.#worker });
  }

  /** Somebody who knows says that another process is gone. */
  forget(worker: string): void {
    this.#heard.delete(worker);
    this.#onHeard();
  }

  /** Those that are there, as they were last heard: the one that was there first comes first. */
  get living(): readonly WorkerFigures[] {
    const each = [...this.#heard.values()].map(({ figures }) => figures);
    return each.sort((a, b) => a.startedAt - b.startedAt || (a.worker < b.worker ? -1 : 1));
  }

  /** Whether this process is the one to do what must be done once. */
  get isFirst(): boolean {
    const now = performance.now();
    const hears = now - this.#heardItself <= SILENT_MS && now - this.#followedSince >= this.#settleMs;
    return hears && this.living[0]?.worker === this.#worker;
  }

  #hear({ event, data }: Heard): void {
    if (event === "left") return this.forget(data.worker);
    if (event !== "figures") return;
    this.#heard.set(data.worker, { figures: data as WorkerFigures, missed: 0 });
    if (data.worker === this.#worker) {
      this.#heardItself = performance.now();
      for (const [worker, other] of this.#heard) {
        if (worker !== this.#worker && ++other.missed >= MISSED_TO_BE_GONE) this.#heard.delete(worker);
      }
    }
    this.#onHeard();
  }
}

interface Heard {
  readonly event: string | undefined;
  readonly data: WorkerEvents[keyof WorkerEvents];
}
