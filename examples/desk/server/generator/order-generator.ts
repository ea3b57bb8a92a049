import type { Channel } from "sluice";
import { follow } from "../log/follow.ts";
import { sampleOrder } from "./sample-order.ts";

/** Whether the generator runs, and how fast. */
export interface GeneratorState {
  readonly running: boolean;
  /** Orders per second. */
  readonly perSecond: number;
}

/** The types of the events of the channel `generator`: its newest event is what holds, for all processes. */
export type GeneratorEvents = {
  readonly switched: GeneratorState;
};

/** What the generator needs. */
export interface GeneratorOptions {
  /** Where the desk listens; asked anew for each order, since it is known only once the desk listens. */
  readonly origin: () => string;
  /** A valid bearer token. */
  readonly token: () => Promise<string>;
  readonly onError: (error: unknown) => void;
}

/** The highest rate. */
export const MOST_PER_SECOND = 100;
/** Orders on their way at the same time. When the desk is slower than that, the generator slows down too. */
const MOST_IN_FLIGHT = 16;
const LONGEST_TICK_MS = 250;
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Places orders as a customer would: over HTTP, through the desk's own API. Every process has one, and all know the same state; orders are
 * placed by the one that leads.
 */
export class OrderGenerator {
  readonly #channel: Channel<GeneratorEvents>;
  readonly #options: GeneratorOptions;
  #state: GeneratorState = { running: false, perSecond: 1 };
  /** What the channel said last. */
  #agreed: GeneratorState = this.#state;
  #leads = false;
  #stopped = false;
  #isPlacing = false;
  #timer: NodeJS.Timeout | undefined;
  /** Orders due and not yet placed; a fraction is due later. */
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

  /** Whether it is this process that places orders now. */
  get isPlacing(): boolean {
    return this.#isPlacing;
  }

  /** Learns what the state is, and how it changes, until the signal aborts. */
  start(signal: AbortSignal): void {
    const take = ({ event, data }: { event: string | undefined; data: GeneratorState }) => {
      if (event !== "switched") return;
      this.#agreed = data;
      this.#become(data);
    };
    void follow(this.#channel, { from: "start", take, signal, onError: this.#options.onError });
  }

  /** Switches it on or off, or changes its rate, whichever process places the orders. */
  async set({ running, perSecond }: GeneratorState): Promise<GeneratorState> {
    const state: GeneratorState = { running, perSecond: Math.min(MOST_PER_SECOND, perSecond) };
    // Before it is published: whatever another process says at the same time, the channel's order decides.
    this.#become(state);
    try {
      await this.#channel.publish("switched", state);
    } catch (error) {
      this.#become(this.#agreed);
      throw error;
    }
    return state;
  }

  /** Whether this process is the one to place the orders. */
  lead(leads: boolean): void {
    this.#leads = leads;
    this.#work();
  }

  /** Places no more orders, for good. */
  stop(): void {
    this.#stopped = true;
    this.#work();
  }

  #become(state: GeneratorState): void {
    // What is due until now is due at the old rate.
    if (this.#isPlacing) this.#tick();
    this.#state = state;
    this.#work();
  }

  /** Begins, ends or goes on with placing orders, as it should be now. */
  #work(): void {
    const should = this.#state.running && this.#leads && !this.#stopped;
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
    this.#due = Math.min(MOST_IN_FLIGHT, this.#due + ((now - this.#tickedAt) / 1_000) * this.#state.perSecond);
    this.#tickedAt = now;
    while (this.#due >= 1 && this.#inFlight < MOST_IN_FLIGHT) {
      this.#due--;
      void this.#place();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), Math.min(LONGEST_TICK_MS, 1_000 / this.#state.perSecond));
  }

  async #place(): Promise<void> {
    this.#inFlight++;
    try {
      const response = await fetch(`${this.#options.origin()}/api/orders`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await this.#options.token()}` },
        body: JSON.stringify(sampleOrder()),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      // The body is read to its end, so that the connection can be used again.
      await response.text();
      if (!response.ok) throw new Error(`The desk answered ${response.status} to the generator.`);
    } catch (error) {
      // What was on its way when the generator was stopped may fail: the desk is closing.
      if (this.#isPlacing) this.#options.onError(error);
    } finally {
      this.#inFlight--;
    }
  }
}
