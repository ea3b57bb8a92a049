import type { Channel, Sluice } from "sluice";
import { follow } from "../log/follow.ts";
import type { Roster, WorkerFigures } from "../workers/roster.ts";
import { type AlertLimits, AlertWatch } from "./alert-watch.ts";
import type { Alert, DashboardEvents, Status } from "./metric.ts";
import { Sampler } from "./sampler.ts";
import { sumFigures } from "./sum-figures.ts";

const SAMPLE_EVERY_MS = 1_000;
/** What the channel should keep: the three minutes that the charts show, and some. */
export const KEPT_EVENTS = 300;
/** States are told again after so many figures, so that the channel always keeps the newest of each: who joins late reads it there. */
const TELL_AGAIN_AFTER = 60;

/** What a dashboard shows, and where. */
export interface DashboardOptions {
  readonly sluice: Sluice;
  readonly channel: Channel<DashboardEvents>;
  readonly roster: Roster;
  /** The name of this process. */
  readonly worker: string;
  /** When the desk was started, in ms since 1970. */
  readonly startedAt: number;
  readonly limits: AlertLimits;
  /** Exports that this process is writing. */
  readonly exports: () => number;
  /** Whether the generator runs, and how fast. */
  readonly generator: () => { readonly running: boolean; readonly perSecond: number };
  /** Hears once per second whether this process is the first of the roster. */
  readonly onLead: (isFirst: boolean) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Publishes the desk's own figures once per second, and what changes in between. Every process tells the roster its own; the first
 * of them sums them up.
 */
export class Dashboard {
  readonly channel: Channel<DashboardEvents>;
  readonly #options: DashboardOptions;
  readonly #sampler: Sampler;
  readonly #watch: AlertWatch;
  /** The newest of each state, as it was told. */
  readonly #told = new Map<string, string>();
  readonly #since = Date.now();
  #untilAgain = 0;
  #draining = false;
  #sampling = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DashboardOptions) {
    this.channel = options.channel;
    this.#options = options;
    this.#sampler = new Sampler(options.sluice);
    this.#watch = new AlertWatch(options.limits);
  }

  start(signal: AbortSignal): void {
    const { onError } = this.#options;
    const take = ({ event, data }: { event: string | undefined; data: unknown }) => {
      if (event === "alert") this.#watch.learn(data as Alert);
      // Another process is going; this one is still there, and if it is the first, it says so.
      else if (event === "status" && (data as { state?: string }).state === "draining") this.#told.delete("server");
    };
    void follow(this.channel, { from: "start", take, signal, onError });
    this.#sample();
    this.#timer ??= setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sampler.stop();
  }

  /** Says that the desk is shutting down, and nothing else from then on. */
  tellDraining(): void {
    this.#draining = true;
    this.#publish("status", { ...this.#server, state: "draining" }).catch(this.#options.onError);
  }

  /** One after the other, so that a log that does not answer is not asked more and more. */
  #sample(): void {
    if (this.#sampling) return;
    this.#sampling = true;
    this.#measure()
      .catch(this.#options.onError)
      .finally(() => {
        this.#sampling = false;
      });
  }

  async #measure(): Promise<void> {
    const { roster, worker, exports, onLead } = this.#options;
    const own: WorkerFigures = { ...this.#sampler.sample(), worker, startedAt: this.#since, exports: exports() };
    const { isFirst } = roster;
    onLead(isFirst);
    await Promise.all([roster.tell(own), isFirst && !this.#draining ? this.#lead(own) : this.#told.clear()]);
  }

  async #lead(own: WorkerFigures): Promise<void> {
    const living = this.#options.roster.living.map((one) => (one.worker === own.worker ? own : one));
    if (--this.#untilAgain < 0) {
      this.#untilAgain = TELL_AGAIN_AFTER;
      this.#told.clear();
      for (const alert of this.#watch.raised) await this.#publish("alert", alert);
    }
    const running = living.reduce((sum, { exports }) => sum + exports, 0);
    const states: Status[] = [
      { ...this.#server, state: "ok" },
      { component: "generator", ...this.#options.generator() },
      { component: "exports", running },
    ];
    for (const state of states) {
      const text = JSON.stringify(state);
      if (this.#told.get(state.component) === text || this.#draining) continue;
      this.#told.set(state.component, text);
      await this.#publish("status", state);
    }
    const metric = sumFigures(own.at, living);
    await this.#publish("metric", metric);
    for (const alert of this.#watch.judge(metric)) await this.#publish("alert", alert);
  }

  get #server() {
    const version = `Node ${process.versions.node}`;
    return { component: "server", startedAt: this.#options.startedAt, version } as const;
  }

  async #publish<Type extends keyof DashboardEvents>(type: Type, data: DashboardEvents[Type]): Promise<void> {
    await this.channel.publish(type, data);
  }
}
