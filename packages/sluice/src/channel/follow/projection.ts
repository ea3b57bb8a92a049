import type { Channel } from "../channel.ts";
import type { Delivery } from "../deliver/delivery.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import { EVERYTHING, Follower } from "./follower.ts";

/** What is made of a channel's events, one after another. */
export interface Folded {
  /** The next event. */
  take(event: KeptEvent): void;
  /** What was taken so far may no longer be so: begin again, with what the log still has, which comes next. */
  restart(): void;
}

/** Follows a channel for as long as it is open, from its oldest event or from now on, and knows how far it has come. */
export class Projection {
  readonly #channel: Channel;
  readonly #folded: Folded;
  #walk: Follower | undefined;
  /** Offset up to which it has taken everything. */
  #reached = -1;
  #stopped = false;
  /** Those who wait until it has come to an offset. */
  #waiting: { readonly offset: number; readonly done: () => void }[] = [];

  constructor(channel: Channel, folded: Folded, from: "now" | "start", onError: (error: unknown) => void) {
    this.#channel = channel;
    this.#folded = folded;
    void this.#run(from, onError);
  }

  /** Resolves once it has taken everything that this process knows of the channel. */
  async caughtUp(): Promise<void> {
    const { delivery } = await this.#channel.open();
    const offset = delivery.window.last;
    if (!this.#stopped && this.#reached < offset)
      await new Promise<void>((done) => this.#waiting.push({ offset, done }));
  }

  stop(): void {
    this.#stopped = true;
    this.#walk?.stop();
    this.#come(Number.POSITIVE_INFINITY);
  }

  async #run(from: "now" | "start", onError: (error: unknown) => void): Promise<void> {
    const delivery = await this.#untilOpen(onError);
    if (delivery === undefined) return;
    const walk = new Follower(delivery, EVERYTHING);
    if (from === "start") walk.goTo({ epoch: delivery.epoch, after: delivery.log.first - 1 });
    this.#walk = walk;
    this.#come(walk.after);
    while (!this.#stopped) {
      try {
        const found = await walk.next();
        if (found === undefined) break;
        if ("gap" in found) this.#restart(delivery.window.last);
        else for (const event of found) this.#take(event, onError);
        this.#come(walk.after);
      } catch (error) {
        onError(error);
        await sleep(RETRY_MS);
      }
    }
    this.stop();
  }

  /** The log may be out of reach for a while. */
  async #untilOpen(onError: (error: unknown) => void): Promise<Delivery | undefined> {
    for (let told = false; !this.#stopped; told = true) {
      try {
        return (await this.#channel.open()).delivery;
      } catch (error) {
        if (!told) onError(error);
        if (!this.#channel.closed) await sleep(RETRY_MS);
        else break;
      }
    }
    return undefined;
  }

  /** One that cannot be taken keeps none that follows from being taken. */
  #take(event: KeptEvent, onError: (error: unknown) => void): void {
    try {
      this.#folded.take(event);
    } catch (error) {
      onError(error);
    }
  }

  #restart(last: number): void {
    this.#folded.restart();
    // What somebody waits for may have been lost.
    this.#waiting = this.#waiting.map(({ offset, done }) => ({ offset: Math.min(offset, last), done }));
  }

  #come(reached: number): void {
    this.#reached = reached;
    const due = this.#waiting.filter(({ offset }) => offset <= reached);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter(({ offset }) => offset > reached);
    for (const { done } of due) done();
  }
}

/** Between attempts to reach a log that cannot be reached. */
const RETRY_MS = 1_000;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    (timer as { unref?(): void }).unref?.();
  });
}
