import type { Channel, Sluice } from "sluice";
import { type AlertLimits, AlertWatch } from "./alert-watch.ts";
import type { DashboardEvents, Status } from "./metric.ts";
import { Sampler } from "./sampler.ts";

const SAMPLE_EVERY_MS = 1_000;
/** What the channel should keep: the three minutes that the charts show, and some. */
export const KEPT_EVENTS = 300;

/** Publishes the server's own figures, once per second, and what changes in between. */
export class Dashboard {
  readonly channel: Channel<DashboardEvents>;
  readonly #sampler: Sampler;
  readonly #watch: AlertWatch;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    sluice: Sluice,
    channel: Channel<DashboardEvents>,
    limits: AlertLimits,
    onError: (error: unknown) => void,
  ) {
    this.channel = channel;
    this.#sampler = new Sampler(sluice);
    this.#watch = new AlertWatch(limits);
    this.#onError = onError;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#sample().catch(this.#onError), SAMPLE_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sampler.stop();
  }

  /** Says what a part of the server is doing. */
  tell(status: Status): void {
    this.channel.publish("status", status).catch(this.#onError);
  }

  async #sample(): Promise<void> {
    const metric = this.#sampler.sample();
    await this.channel.publish("metric", metric);
    for (const alert of this.#watch.judge(metric)) await this.channel.publish("alert", alert);
  }
}
