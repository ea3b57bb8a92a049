import { describe, expect, it } from "vitest";
import { createSluice } from "../../src/index.ts";
import { collect } from "../../src/testing/index.ts";

describe("collect()", () => {
  it("collects the events of the subscription that are published after the call, and then unsubscribes", async () => {
    const sluice = createSluice();
    const orders = sluice.channel<{ placed: number; paid: number }>("orders");
    await orders.publish("placed", 0);
    const collected = collect(orders.subscribe({ topics: ["user:ada"] }), 2);
    await orders.publish("placed", 1, { topics: ["user:ada"] });
    await orders.publish("placed", 2, { topics: ["user:bob"] });
    await orders.publish("paid", 1);
    expect((await collected).map(({ type, data }) => [type, data])).toEqual([
      ["placed", 1],
      ["paid", 1],
    ]);
    expect(orders.stats().cohorts).toBe(0);
    await sluice.close();
  });

  it("resolves to fewer items if the iterable ends earlier", async () => {
    const two = async function* () {
      yield 1;
      yield 2;
    };
    expect(await collect(two(), 3)).toEqual([1, 2]);
    expect(await collect(two(), 0)).toEqual([]);
  });

  it("rejects with the number of items so far if the rest does not come in time, and unsubscribes", async () => {
    const sluice = createSluice();
    const orders = sluice.channel("orders");
    const collected = collect(orders.subscribe(), 2, { timeout: 50 });
    await orders.publish("placed", 1);
    await expect(collected).rejects.toThrow("Expected 2 items, but got 1 within the time limit.");
    await expect.poll(() => orders.stats().cohorts).toBe(0);
    await sluice.close();
  });

  it("rejects with the error of the iterable", async () => {
    const broken = async function* () {
      yield 1;
      throw new Error("no more");
    };
    await expect(collect(broken(), 2)).rejects.toThrow("no more");
  });

  it("throws if the count or an option is wrong", () => {
    expect(() => collect([] as never, -1)).toThrow("`count` must be a whole number of at least 0");
    expect(() => collect([] as never, 1, { time: 1 } as never)).toThrow("no option `time`");
  });
});
