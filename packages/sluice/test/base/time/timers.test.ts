import { MessageChannel, Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  afterTurn,
  jitter,
  quietInterval,
  quietSleep,
  quietTimeout,
  sleep,
  within,
} from "../../../src/base/time/timers.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe("afterTurn", () => {
  it("runs the callback after all microtasks of the turn", async () => {
    const order: string[] = [];
    const turn = new Promise<void>((resolve) =>
      afterTurn(() => {
        order.push("after the turn");
        resolve();
      }),
    );
    await Promise.resolve().then(() => Promise.resolve().then(() => order.push("microtask")));
    await turn;
    expect(order).toEqual(["microtask", "after the turn"]);
  });

  it("works on a runtime without setImmediate", async () => {
    vi.stubGlobal("setImmediate", undefined);
    vi.resetModules();
    const timers = await import("../../../src/base/time/timers.ts");
    await new Promise<void>((resolve) => timers.afterTurn(resolve));
  });
});

describe("a quiet timer", () => {
  it.each([
    ["quietTimeout", () => quietTimeout(() => undefined, 60_000)],
    ["quietInterval", () => quietInterval(() => undefined, 60_000)],
  ])("does not keep the process running: %s", (_name, start) => {
    const timer = start();
    expect((timer as NodeJS.Timeout).hasRef()).toBe(false);
    clearTimeout(timer);
  });

  it("fires after its time", async () => {
    vi.useFakeTimers();
    const [once, often] = [vi.fn(), vi.fn()];
    quietTimeout(once, 100);
    const interval = quietInterval(often, 100);
    vi.advanceTimersByTime(99);
    expect(once).not.toHaveBeenCalled();
    vi.advanceTimersByTime(201);
    clearInterval(interval);
    expect(once).toHaveBeenCalledTimes(1);
    expect(often).toHaveBeenCalledTimes(3);
  });

  it("works where a timer is a number, as in workers", () => {
    vi.stubGlobal("setTimeout", () => 7);
    expect(quietTimeout(() => undefined, 1)).toBe(7);
  });
});

describe("sleep", () => {
  it.each([
    ["sleep", sleep],
    ["quietSleep", quietSleep],
  ])("resolves after its time, and not before: %s", async (_name, sleeping) => {
    vi.useFakeTimers();
    let isOver = false;
    const slept = sleeping(1_000).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    expect(isOver).toBe(true);
  });
});

describe("within", () => {
  const late = () => new Error("too late");
  const settledAfter = (ms: number, settle: () => unknown) => sleep(ms).then(settle);
  const fail = (): never => {
    throw new Error("failed");
  };

  it.each([
    ["resolves as the promise does", 99, () => "done", "done"],
    ["rejects as the promise does", 99, fail, "failed"],
    ["rejects with the timeout error if the promise is later", 101, () => "done", "too late"],
  ])("%s", async (_, ms, settle, expected) => {
    vi.useFakeTimers();
    const result = within(settledAfter(ms, settle), 100, late).catch((error) => error.message);
    await vi.advanceTimersByTimeAsync(101);
    expect(await result).toBe(expected);
  });

  it("takes an answer that came while the process stood still", async () => {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker("require('node:worker_threads').workerData.postMessage('answer')", {
      eval: true,
      workerData: port2,
      transferList: [port2],
    });
    const answer = new Promise((resolve) => port1.once("message", resolve));
    const result = within(answer, 200, late).finally(() => port1.close());
    // The answer comes within the time limit, but this process does not run.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    expect(await result).toBe("answer");
    await worker.terminate();
  });

  it("gives up if no answer comes after the process stood still", async () => {
    const began = performance.now();
    const result = within(new Promise(() => undefined), 100, late);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
    await expect(result).rejects.toThrow("too late");
    // The time limit again, and not the five seconds again.
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  it("leaves no timer behind", async () => {
    vi.useFakeTimers();
    await within(Promise.resolve(), 60_000, late);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("jitter", () => {
  it.each([
    [0, 800],
    [0.5, 1_000],
    [0.999_999, 1_200],
  ])("spreads a value evenly over its part: Math.random() = %d", (random, expected) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    expect(jitter(1_000, 0.2)).toBeCloseTo(expected, 2);
  });

  it("leaves Infinity unchanged", () => {
    expect(jitter(Number.POSITIVE_INFINITY, 0.2)).toBe(Number.POSITIVE_INFINITY);
  });
});
