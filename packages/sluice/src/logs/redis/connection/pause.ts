import { quietTimeout } from "../../../base/time/timers.ts";

/** A pause between attempts that {@link end} can cut short. It does not keep the process running. */
export class Pause {
  #end: (() => void) | undefined;

  /** Resolves after `ms` milliseconds, or when {@link end} is called. */
  start(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = quietTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    this.#end?.();
  }
}
