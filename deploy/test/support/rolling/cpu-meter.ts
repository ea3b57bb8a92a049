import { readdirSync, readFileSync } from "node:fs";

/** The kernel counts processor time in ticks of 10 ms (USER_HZ). */
const TICK_MS = 10;
const INTERVAL_MS = 500;

/** A meter that samples the processor time of processes and their children, and keeps the peak. */
export class CpuMeter implements Disposable {
  peakPercent = 0;
  readonly #pids: () => readonly number[];
  readonly #timer: NodeJS.Timeout;
  #last = new Map<number, number>();
  #at = performance.now();

  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
    this.#last = this.#read();
    this.#timer = setInterval(() => this.#sample(), INTERVAL_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const [now, current] = [performance.now(), this.#read()];
    let usedMs = 0;
    for (const [pid, ms] of current) usedMs += ms - (this.#last.get(pid) ?? ms);
    this.peakPercent = Math.max(this.peakPercent, (usedMs / (now - this.#at)) * 100);
    this.#last = current;
    this.#at = now;
  }

  #read(): Map<number, number> {
    const times = new Map<number, number>();
    for (const pid of this.#pids().flatMap((parent) => [parent, ...childrenOf(parent)])) {
      const ms = processorMs(pid);
      if (ms !== undefined) times.set(pid, ms);
    }
    return times;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return []; // The process has ended.
  }
}

function processorMs(pid: number): number | undefined {
  try {
    const [, ...fields] = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ");
    const [user, system] = fields.join("").split(" ").slice(11, 13).map(Number);
    return (user! + system!) * TICK_MS;
  } catch {
    return undefined;
  }
}
