import type { Channel, ReceivedEvent } from "sluice";
import type { GeneratorState } from "../../wire/generator.ts";
import { followChannel } from "../log/follow-channel.ts";
import { sampleOrder } from "./sample-order.ts";
import { SelfClient } from "./self-client.ts";

/**
 * The types of the events of the channel `generator`. Its newest event is the state of the generator on all processes.
 */
export type GeneratorEvents = {
  readonly switched: GeneratorState;
};

/** Options of {@link OrderGenerator}. */
export interface GeneratorOptions {
  /** Returns the URL of the desk. Called for each order, because the URL is not known before the desk listens. */
  readonly origin: () => string;
  /** Resolves to a valid bearer token. */
  readonly token: () => Promise<string>;
  readonly onError: (error: unknown) => void;
}

/** The highest rate, in orders per second. */
export const MAX_PER_SECOND = 100;
/** Maximum number of requests in flight. If the desk is slower, the generator slows down too. */
const MAX_IN_FLIGHT = 16;
const MAX_TICK_MS = 250;
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Places orders over HTTP, through the desk's own API. Every process has a generator, and all share one state. Only the
 * leader's generator places orders.
 */
export class OrderGenerator {
  readonly #channel: Channel<GeneratorEvents>;
  readonly #options: GeneratorOptions;
  readonly #client = new SelfClient();
  #state: GeneratorState = { running: false, perSecond: 1 };
  /** The newest state in the channel. */
  #published: GeneratorState = this.#state;
  #isLeader = false;
  #stopped = false;
  #isPlacing = false;
  #timer: NodeJS.Timeout | undefined;
  /** Orders that are due but not placed yet. A fraction becomes due later. */
  #due = 0;
  #tickedAt = 0;
  #inFlight = 0;

  constructor(channel: Channel<GeneratorEvents>, options: GeneratorOptions) {
    this.#channel = channel;
    this.#options = options;
  }

  get state(): GeneratorState {
    return this.#state;
  }

  /** True if this process places orders now. */
  get isPlacing(): boolean {
    return this.#isPlacing;
  }

  /** Follows the shared state until the signal aborts. */
  start(signal: AbortSignal): void {
    const onEvent = ({ type, data }: ReceivedEvent<GeneratorEvents>) => {
      if (type !== "switched") return;
      this.#published = data;
      this.#apply(data);
    };
    void followChannel(this.#channel, { from: "start", onEvent, signal, onError: this.#options.onError });
  }

  /** Sets the shared state. Resolves to it, with the rate limited to {@link MAX_PER_SECOND}. */
  async set({ running, perSecond }: GeneratorState): Promise<GeneratorState> {
    const state: GeneratorState = { running, perSecond: Math.min(MAX_PER_SECOND, perSecond) };
    // Apply the state before publishing it. If another process publishes at the same time, the channel's order decides.
    this.#apply(state);
    try {
      await this.#channel.publish("switched", state);
    } catch (error) {
      this.#apply(this.#published);
      throw error;
    }
    return state;
  }

  /** Starts placing orders if this process is the leader, and stops if it is not. */
  setLeader(isLeader: boolean): void {
    this.#isLeader = isLeader;
    this.#update();
  }

  /** Stops for good. */
  stop(): void {
    this.#stopped = true;
    this.#update();
  }

  #apply(state: GeneratorState): void {
    // Count the orders due until now at the old rate.
    if (this.#isPlacing) this.#tick();
    this.#state = state;
    this.#update();
  }

  #update(): void {
    const should = this.#state.running && this.#isLeader && !this.#stopped;
    if (should === this.#isPlacing) return;
    this.#isPlacing = should;
    clearTimeout(this.#timer);
    if (!should) return;
    this.#due = 1;
    this.#tickedAt = performance.now();
    this.#tick();
  }

  #tick(): void {
    const now = performance.now();
    this.#due = Math.min(MAX_IN_FLIGHT, this.#due + ((now - this.#tickedAt) / 1_000) * this.#state.perSecond);
    this.#tickedAt = now;
    while (this.#due >= 1 && this.#inFlight < MAX_IN_FLIGHT) {
      this.#due--;
      void this.#place();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), Math.min(MAX_TICK_MS, 1_000 / this.#state.perSecond));
  }

  async #place(): Promise<void> {
    this.#inFlight++;
    try {
      const status = await this.#client.post(`${this.#options.origin()}/api/orders`, {
        headers: { "content-type": "application/json", authorization: `Bearer ${await this.#options.token()}` },
        body: JSON.stringify(sampleOrder()),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (status >= 300) throw new Error(`The generator could not place an order: status ${status}.`);
    } catch (error) {
      // Ignore the failure of a request that was in flight when the generator stopped: the desk is closing.
      if (this.#isPlacing) this.#options.onError(error);
    } finally {
      this.#inFlight--;
    }
  }
}
