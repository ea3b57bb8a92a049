import { describe, expect, it } from "vitest";
import { RunTime, startLimit } from "../../cluster/run-time.mjs";

/** A machine on which two processes wait for a processor as the test says. */
function madeMachine() {
  let time = 0;
  const waits = new Map([
    [1, 0],
    [2, 0],
  ]);
  const measures = { now: () => time, waitsOf: (pid: number) => new Map([[`${pid}`, waits.get(pid) ?? 0]]) };
  const pass = (ms: number, wait: Partial<Record<1 | 2, number>> = {}) => {
    time += ms;
    for (const pid of [1, 2] as const) waits.set(pid, (waits.get(pid) ?? 0) + (wait[pid] ?? 0));
  };
  return { pass, runTime: new RunTime(() => [...waits.keys()], measures), waits };
}

describe("RunTime", () => {
  it("counts no time in which a process waited for a processor", () => {
    const { pass, runTime } = madeMachine();
    pass(1_000);
    expect(runTime.elapsed).toBe(1_000);
    pass(1_000, { 1: 300, 2: 700 });
    expect(runTime.elapsed).toBe(1_300);
  });

  it("counts a tenth of the time in any case, so that a limit ends", () => {
    const { pass, runTime } = madeMachine();
    pass(1_000, { 1: 1_000 });
    expect(runTime.elapsed).toBe(100);
  });

  it("does not count what a process waited before it was measured", () => {
    const { pass, runTime, waits } = madeMachine();
    waits.set(3, 5_000);
    pass(1_000);
    expect(runTime.elapsed).toBe(1_000);
  });

  it("counts all time of a process that does nothing, and of one that has ended", async () => {
    for (const pid of [process.pid, 2 ** 30]) {
      let now = 0;
      const runTime = new RunTime(() => [pid], { now: () => now });
      now = 1e9;
      expect(runTime.elapsed).toBeGreaterThan(0.9e9);
    }
  });
});

describe("startLimit", () => {
  it("ends when each node could run for so long", () => {
    const [one, two] = [madeMachine(), madeMachine()];
    const hasTime = startLimit([one, two], 1_000);
    one.pass(1_000);
    two.pass(1_000, { 1: 600 });
    expect(hasTime()).toBe(true);
    two.pass(600);
    expect(hasTime()).toBe(false);
  });
});
