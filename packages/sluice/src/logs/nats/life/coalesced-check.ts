import { ignore } from "../../../base/errors/guard.ts";
import { BrokenLink } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";

/**
 * A check of the log over a connection that may break. At most one check runs at a time. If the connection breaks, the
 * check starts again over the next connection. Every caller receives the result of a check that began after its call.
 */
export class CoalescedCheck {
  readonly #link: NatsLink;
  readonly #check: () => Promise<number>;
  readonly #onFailure: (error: unknown) => void;
  #current: Promise<number> | undefined;
  #next: Promise<number> | undefined;
  #failure: Error | undefined;

  /**
   * `check` must reject with {@link BrokenLink} if the connection changed while it ran. `onFailure` receives the errors
   * of checks that ran in the background.
   */
  constructor(link: NatsLink, check: () => Promise<number>, onFailure: (error: unknown) => void) {
    this.#link = link;
    this.#check = check;
    this.#onFailure = onFailure;
  }

  /** The error of the last check; `undefined` if it succeeded. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Returns the result of a check that begins now or later. */
  run(): Promise<number> {
    if (this.#current === undefined) {
      this.#current = this.#untilDone().finally(() => {
        this.#current = undefined;
      });
      return this.#current;
    }
    // The running check may have read its answer before this call. All callers until it ends share the check after it.
    this.#next ??= this.#current.catch(ignore).then(() => {
      this.#next = undefined;
      return this.run();
    });
    return this.#next;
  }

  /**
   * Starts a check unless one is running. An error is kept in {@link failure}, for the next caller that needs the log.
   * Resolves when the check has ended.
   */
  async runInBackground(): Promise<void> {
    if (this.#current === undefined) return this.runAfresh();
    await this.#current.catch(ignore);
  }

  /** Does as {@link runInBackground}, but starts a check after a running one. */
  async runAfresh(): Promise<void> {
    await this.run().catch(this.#onFailure);
  }

  async #untilDone(): Promise<number> {
    for (;;) {
      await this.#link.whenUp();
      try {
        const result = await this.#link.whileUp(this.#check());
        this.#failure = undefined;
        return result;
      } catch (error) {
        this.#failure = this.#link.explain(error as Error);
        if (!(error instanceof BrokenLink)) throw this.#failure;
      }
    }
  }
}
