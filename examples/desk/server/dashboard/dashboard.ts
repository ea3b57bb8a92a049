import type { Channel, ReceivedEvent, Sluice } from "sluice";
import type { Status } from "../../wire/dashboard.ts";
import type { GeneratorState } from "../../wire/generator.ts";
import { followChannel } from "../log/follow-channel.ts";
import type { LiveWorkers, WorkerFigures } from "../workers/live-workers.ts";
import { type AlertLimits, AlertMonitor } from "./alert-monitor.ts";
import type { DashboardEvents } from "./dashboard-events.ts";
import { Sampler } from "./sampler.ts";
import { sumFigures } from "./sum-figures.ts";

const SAMPLE_INTERVAL_MS = 1_000;
/** Events that the channel keeps: the 180 metrics that the charts show, and some more. */
export const KEPT_EVENTS = 300;
/** Each state is published again after this many metrics. So the channel always keeps the newest of each state. */
const REPEAT_STATES_AFTER = 60;

/** Options of {@link Dashboard}. */
export interface DashboardOptions {
  readonly sluice: Sluice;
  readonly channel: Channel<DashboardEvents>;
  readonly liveWorkers: LiveWorkers;
  /** The name of this process. */
  readonly worker: string;
  /** When the desk was started, in ms since 1970. */
  readonly startedAt: number;
  readonly limits: AlertLimits;
  /** Returns the number of exports that this process is writing. */
  readonly exports: () => number;
  readonly generator: () => GeneratorState;
  /** Called once per second: true if this process is the leader of the live workers. */
  readonly onLeaderCheck: (isLeader: boolean) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Publishes the desk's figures once per second, and states and alerts when they change. Each process reports its own
 * figures to the others; the leader sums them up and publishes the result.
 */
export class Dashboard {
  readonly channel: Channel<DashboardEvents>;
  readonly #options: DashboardOptions;
  readonly #sampler: Sampler;
  readonly #monitor: AlertMonitor;
  /** The newest published state of each component, as JSON. */
  readonly #lastPublished = new Map<string, string>();
  readonly #processStartedAt = Date.now();
  #metricsUntilRepeat = 0;
  #draining = false;
  #sampling = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DashboardOptions) {
    this.channel = options.channel;
    this.#options = options;
    this.#sampler = new Sampler(options.sluice);
    this.#monitor = new AlertMonitor(options.limits);
  }

  /** Samples and publishes until {@link stop}, and follows the channel until the signal aborts. */
  start(signal: AbortSignal): void {
    const { onError } = this.#options;
    const onEvent = ({ type, data }: ReceivedEvent<DashboardEvents>) => {
      if (type === "alert") this.#monitor.apply(data);
      // Another process is stopping. If this process is the leader, it publishes "ok" again.
      else if (type === "status" && data.component === "server" && data.state === "draining")
        this.#lastPublished.delete("server");
    };
    void followChannel(this.channel, { from: "start", onEvent, signal, onError });
    this.#sample();
    this.#timer ??= setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sampler.stop();
  }

  /** Publishes that the desk is shutting down. Afterwards this process publishes no more metrics and states. */
  publishDraining(): void {
    this.#draining = true;
    this.#publish("status", { ...this.#server, state: "draining" }).catch(this.#options.onError);
  }

  /** Skips this second if the last sample is still being published, so that requests to a slow log do not pile up. */
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
    const { liveWorkers, worker, exports, onLeaderCheck } = this.#options;
    const figures = this.#sampler.sample();
    const own: WorkerFigures = { ...figures, worker, startedAt: this.#processStartedAt, exports: exports() };
    const { isLeader } = liveWorkers;
    onLeaderCheck(isLeader);
    const summed = isLeader && !this.#draining ? this.#publishSum(own) : this.#lastPublished.clear();
    await Promise.all([liveWorkers.report(own), summed]);
  }

  async #publishSum(own: WorkerFigures): Promise<void> {
    const reports = this.#options.liveWorkers.reports.map((report) => (report.worker === own.worker ? own : report));
    if (--this.#metricsUntilRepeat < 0) {
      this.#metricsUntilRepeat = REPEAT_STATES_AFTER;
      this.#lastPublished.clear();
      for (const alert of this.#monitor.raised) await this.#publish("alert", alert);
    }
    const running = reports.reduce((sum, { exports }) => sum + exports, 0);
    const states: Status[] = [
      { ...this.#server, state: "ok" },
      { component: "generator", ...this.#options.generator() },
      { component: "exports", running },
    ];
    for (const state of states) {
      const text = JSON.stringify(state);
      if (this.#lastPublished.get(state.component) === text || this.#draining) continue;
      this.#lastPublished.set(state.component, text);
      await this.#publish("status", state);
    }
    const metric = sumFigures(own.at, reports);
    await this.#publish("metric", metric);
    for (const alert of this.#monitor.check(metric)) await this.#publish("alert", alert);
  }

  get #server() {
    const version = `Node ${process.versions.node}`;
    return { component: "server", startedAt: this.#options.startedAt, version } as const;
  }

  async #publish<Type extends keyof DashboardEvents>(type: Type, data: DashboardEvents[Type]): Promise<void> {
    await this.channel.publish(type, data);
  }
}
