import { BrokenLink, isTimeout, type NatsLink } from "../connection/nats-link.ts";

/**
 * Looks at something by a connection that may break: one look at a time, begun again by the next connection where it broke. Whoever asks
 * gets what a look finds that began after the call.
 */
export class NatsLooks {
  readonly #link: NatsLink;
  readonly #once: () => Promise<number>;
  #current: Promise<number> | undefined;
  #next: Promise<number> | undefined;
  #trouble: Error | undefined;

  /** `once` looks, and rejects with {@link BrokenLink} where what it found is not of the connection that there is now. */
  constructor(link: NatsLink, once: () => Promise<number>) {
    this.#link = link;
    this.#once = once;
  }

  /** Why the last look failed. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  look(): Promise<number> {
    if (this.#current === undefined) {
      this.#current = this.#now().finally(() => {
        this.#current = undefined;
      });
      return this.#current;
    }
    // What the one under way finds may be older than this call. All who come meanwhile share the one after it.
    this.#next ??= this.#current
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.look();
      });
    return this.#next;
  }

  /** Looks unless somebody does already. What is wrong is told to whoever asks for something next. */
  lookInBackground(): void {
    if (this.#current === undefined) this.look().catch(() => {});
  }

  async #now(): Promise<number> {
    for (;;) {
      await this.#link.whenUp();
      try {
        const found = await this.#link.whileUp(this.#once());
        this.#trouble = undefined;
        return found;
      } catch (error) {
        this.#trouble = isTimeout(error) ? new Error("NATS does not answer.", { cause: error }) : (error as Error);
        if (!(error instanceof BrokenLink)) throw this.#trouble;
      }
    }
  }
}
