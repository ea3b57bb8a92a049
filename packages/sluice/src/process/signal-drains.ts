import { sleep } from "../base/time/timers.ts";
import { countOfSignalExit, exitCodeOf } from "./signal-exit.ts";

/** A terminal and npm both send Ctrl-C to the program. Repetitions within this time count as one signal. */
const REPEAT_MS = 100;
/** Longest time for closing the logs before the process ends. */
const CLOSE_MS = 5_000;
/** Time for the raised signal to end the process. The kernel ignores it in the first process of a container. */
const RAISE_MS = 500;

/** A Sluice as signals see it. */
export interface DrainableSluice {
  drain(options?: { readonly grace: number; readonly timeout: number }): Promise<void>;
  close(): Promise<void>;
}

/** The drains of all Sluices of a process on signals. It has one listener for each signal. */
export class SignalDrains {
  readonly #process: NodeJS.Process;
  readonly #sluices = new Map<string, Set<DrainableSluice>>();
  #running: { readonly signal: string; readonly since: number; readonly isAlone: boolean } | undefined;

  constructor(process: NodeJS.Process) {
    this.#process = process;
  }

  /** Drains the Sluice on these signals, until the returned function is called. */
  add(signals: readonly string[], sluice: DrainableSluice): () => void {
    for (const signal of signals) this.#sluicesOn(signal)?.add(sluice);
    return () => {
      for (const signal of signals) {
        const sluices = this.#sluices.get(signal);
        if (sluices?.delete(sluice) && sluices.size === 0) this.#ignore(signal);
      }
    };
  }

  #sluicesOn(signal: string): Set<DrainableSluice> | undefined {
    const known = this.#sluices.get(signal);
    if (known !== undefined) return known;
    try {
      // Before all others: a listener that was added by `once` is gone when it runs, and would not be counted.
      this.#process.prependListener(signal as NodeJS.Signals, this.#onSignal);
    } catch {
      // The platform does not have this signal.
      return undefined;
    }
    const sluices = new Set<DrainableSluice>();
    this.#sluices.set(signal, sluices);
    return sluices;
  }

  #ignore(signal: string): void {
    this.#sluices.delete(signal);
    this.#process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: string): void => {
    const running = this.#running;
    if (running === undefined) void this.#run(signal);
    else if (signal !== running.signal || performance.now() - running.since >= REPEAT_MS) this.#hurry(signal, running);
  };

  async #run(signal: string): Promise<void> {
    const isAlone = this.#isAlone(signal);
    this.#running = { signal, since: performance.now(), isAlone };
    const sluices = [...(this.#sluices.get(signal) ?? [])];
    await Promise.allSettled(sluices.map((sluice) => sluice.drain()));
    if (isAlone && this.#isAlone(signal)) {
      await Promise.race([Promise.allSettled(sluices.map((sluice) => sluice.close())), sleep(CLOSE_MS)]);
      this.#raise(signal);
    }
    this.#running = undefined;
  }

  /** Ends at once, on the second signal. */
  #hurry(signal: string, { isAlone }: { readonly isAlone: boolean }): void {
    if (isAlone && this.#isAlone(signal)) return this.#raise(signal);
    for (const sluices of this.#sluices.values())
      for (const sluice of sluices) void sluice.drain({ grace: 0, timeout: 0 });
  }

  /** Returns true if nothing else decides about the process when the signal arrives. */
  #isAlone(signal: string): boolean {
    const others = this.#process.listeners(signal as NodeJS.Signals).filter((listener) => listener !== this.#onSignal);
    return others.length <= countOfSignalExit(this.#process);
  }

  /**
   * Raises the signal again without our listener, so that the process ends with its usual status. Deno's watcher sends
   * a signal of its own to a program that it restarts, and would end with it too. So on Deno the program exits.
   */
  #raise(signal: string): void {
    const { pid } = this.#process;
    const exit = () => this.#process.exit(exitCodeOf(this.#process, signal));
    this.#ignore(signal);
    if ("Deno" in globalThis) return exit();
    setTimeout(exit, RAISE_MS);
    try {
      this.#process.kill(pid, signal);
    } catch {
      // A sandbox may forbid it. The timer ends the process.
    }
  }
}
