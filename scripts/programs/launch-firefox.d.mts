/** A tab of Firefox. */
export interface FirefoxPage extends AsyncDisposable {
  /** Loads a page, and resolves when it is loaded. */
  navigate(url: string): Promise<void>;
  /**
   * Runs the body of a function in the page, with `arguments`. Resolves to its result, also of a promise. Arguments and
   * result are JSON.
   */
  run(script: string, ...given: readonly unknown[]): Promise<unknown>;
}

/** Launches Firefox for a test. Throws if this machine does not have it. */
export declare function launchFirefox(): Promise<FirefoxPage>;
