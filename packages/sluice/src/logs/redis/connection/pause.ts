/** A pause between attempts that {@link end} can cut short. */
export class Pause {
  #end: (() => void) | undefined;

  /** Resolves after `ms` milliseconds, or when {@link end} is called. */
  start(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
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
