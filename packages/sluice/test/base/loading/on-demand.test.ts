import { describe, expect, it } from "vitest";
import { OnDemand } from "../../../src/base/loading/on-demand.ts";

/** A load that the test ends itself, for each call of `load`. */
function controlledLoad() {
  const calls: { resolve: (value: object) => void; reject: (error: Error) => void }[] = [];
  const load = () => new Promise<object>((resolve, reject) => void calls.push({ resolve, reject }));
  return { calls, load };
}

describe("a value on demand", () => {
  it("is loaded once, on first use, and returned at once afterwards", async () => {
    const { calls, load } = controlledLoad();
    const demand = new OnDemand(load);
    expect(calls).toHaveLength(0);
    const [first, second] = [demand.get(), demand.get()];
    expect(calls).toHaveLength(1);
    expect(demand.value).toBeUndefined();
    const value = {};
    calls[0]!.resolve(value);
    expect(await first).toBe(value);
    expect(await second).toBe(value);
    expect(demand.value).toBe(value);
    expect(demand.get()).toBe(value);
    expect(calls).toHaveLength(1);
  });

  it("lets callers that waited continue in their order, before a later caller", async () => {
    const { calls, load } = controlledLoad();
    const demand = new OnDemand(load);
    const order: string[] = [];
    const use = (name: string) => {
      const value = demand.get();
      return value instanceof Promise ? value.then(() => order.push(name)) : order.push(name);
    };
    const waiting = [use("first"), use("second")];
    calls[0]!.resolve({});
    // One caller in each of the next microtasks.
    for (let i = 0; i < 10; i++) {
      waiting.push(use("later"));
      await Promise.resolve();
    }
    await Promise.all(waiting);
    expect(order.slice(0, 2)).toEqual(["first", "second"]);
  });

  it("is loaded again by the next caller if the load failed", async () => {
    const { calls, load } = controlledLoad();
    const demand = new OnDemand(load);
    const failing = demand.get();
    calls[0]!.reject(new Error("not there"));
    await expect(failing).rejects.toThrow("not there");
    const retried = demand.get();
    expect(calls).toHaveLength(2);
    calls[1]!.resolve({});
    expect(await retried).toBe(demand.value);
  });

  it("settles without loading: to the value, or to undefined if there is none", async () => {
    const { calls, load } = controlledLoad();
    const demand = new OnDemand(load);
    expect(await demand.settled()).toBeUndefined();
    expect(calls).toHaveLength(0);
    const failing = demand.get() as Promise<object>;
    const afterFailure = demand.settled();
    calls[0]!.reject(new Error("not there"));
    await expect(failing).rejects.toThrow();
    expect(await afterFailure).toBeUndefined();
    const loading = demand.get();
    const settled = demand.settled();
    calls[1]!.resolve({});
    expect(await settled).toBe(await loading);
  });
});
