import { sampleOrder } from "./sample-order.ts";

/** Whether the generator runs, and how fast. */
export interface GeneratorState {
  readonly running: boolean;
  /** Orders per second. */
  readonly perSecond: number;
}

/** What the generator needs. */
export interface GeneratorOptions {
  /** Where the desk listens; asked anew for each order, since it is known only once the desk listens. */
  readonly origin: () => string;
  /** A valid bearer token. */
  readonly token: () => Promise<string>;
  readonly onChange: (state: GeneratorState) => void;
  readonly onError: (error: unknown) => void;
}

/** The highest rate. */
export const MOST_PER_SECOND = 100;
/** Orders on their way at the same time. When the desk is slower than that, the generator slows down too. */
const MOST_IN_FLIGHT = 16;
const LONGEST_TICK_MS = 250;
const REQUEST_TIMEOUT_MS = 5_000;

/** Places orders as a customer would: over HTTP, through the desk's own API. */
export class OrderGenerator {
  readonly #options: GeneratorOptions;
  #state: GeneratorState = { running: false, perSecond: 1 };
  #timer: NodeJS.Timeout | undefined;
  /** Orders due and not yet placed; a fraction is due later. */
  #due = 0;
  #tickedAt = 0;
  #inFlight = 0;

  constructor(options: GeneratorOptions) {
    this.#options = options;
  }

  get state(): GeneratorState {
    return this.#state;
  }

  /** Switches it on or off, or changes its rate. */
  set(state: GeneratorState): GeneratorState {
    clearTimeout(this.#timer);
    if (state.running && !this.#state.running) this.#due = 1;
    this.#state = { running: state.running, perSecond: Math.min(MOST_PER_SECOND, state.perSecond) };
    this.#tickedAt = performance.now();
    if (state.running) this.#tick();
    this.#options.onChange(this.#state);
    return this.#state;
  }

  /** Stops for good. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#state = { ...this.#state, running: false };
  }

  #tick(): void {
    const now = performance.now();
    this.#due = Math.min(MOST_IN_FLIGHT, this.#due + ((now - this.#tickedAt) / 1_000) * this.#state.perSecond);
    this.#tickedAt = now;
    while (this.#due >= 1 && this.#inFlight < MOST_IN_FLIGHT) {
      this.#due--;
      void this.#place();
    }
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
      if (this.#state.running) this.#options.onError(error);
    } finally {
      this.#inFlight--;
    }
  }
}
