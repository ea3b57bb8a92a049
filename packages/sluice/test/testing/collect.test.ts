import { describe, expect, it } from "vitest";
import { createSluice } from "../../src/index.ts";
import { collect } from "../../src/testing/index.ts";

describe("collect()", () => {
  it("collects what is published after it was called, as the subscription allows, and then leaves", async () => {
    const sluice = createSluice();
    const orders = sluice.channel<{ placed: number; paid: number }>("orders");
    await orders.publish("placed", 0);
    const collected = collect(orders.subscribe({ topics: ["user:ada"] }), 2);
    await orders.publish("placed", 1, { topics: ["user:ada"] });
    await orders.publish("placed", 2, { topics: ["user:bob"] });
    await orders.publish("paid", 1);
    expect((await collected).map(({ event, data }) => [event, data])).toEqual([
      ["placed", 1],
      ["paid", 1],
    ]);
    expect(orders.stats().cohorts).toBe(0);
    await sluice.close();
  });

  it("resolves to fewer when the iterable ends before", async () => {
    const two = async function* () {
      yield 1;
      yield 2;
    };
    expect(await collect(two(), 3)).toEqual([1, 2]);
    expect(await collect(two(), 0)).toEqual([]);
  });

  it("says how many came when the others do not come in time, and ends the iteration", async () => {
    const sluice = createSluice();
    const orders = sluice.channel("orders");
    const collected = collect(orders.subscribe(), 2, { timeout: 50 });
    await orders.publish("placed", 1);
    await expect(collected).rejects.toThrow("Expected 2 items, but 1 came; gave up waiting.");
    await expect.poll(() => orders.stats().cohorts).toBe(0);
    await sluice.close();
  });

  it("rejects with what the iterable throws", async () => {
    const broken = async function* () {
      yield 1;
      throw new Error("no more");
    };
    await expect(collect(broken(), 2)).rejects.toThrow("no more");
  });

  it("refuses a count or an option that is not what it should be", () => {
    expect(() => collect([] as never, -1)).toThrow("`count` must be a whole number of at least 0");
    expect(() => collect([] as never, 1, { time: 1 } as never)).toThrow("no option `time`");
  });
});
