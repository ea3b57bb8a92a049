import { describe, expect, it } from "vitest";
import { ReadBudget } from "../../../../src/logs/shared/bounds/read-budget.ts";
import { turns } from "../../../support/turns.ts";

/** A read that lasts until it is ended. */
function heldRead() {
  let isRunning = false;
  let end!: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const read = async () => {
    isRunning = true;
    await ended;
    isRunning = false;
  };
  return { read, end, isRunning: () => isRunning };
}

describe("the budget of reads", () => {
  it("starts a read once its bytes are free, in the order of the calls", async () => {
    const budget = new ReadBudget(100);
    const [a, b, large, c] = [heldRead(), heldRead(), heldRead(), heldRead()];
    const reads = [budget.use(60, a.read), budget.use(40, b.read), budget.use(80, large.read), budget.use(10, c.read)];
    expect([a, b, large, c].map((read) => read.isRunning())).toEqual([true, true, false, false]);
    b.end();
    await turns(1);
    // 40 bytes are free. No small read overtakes the large one, nor does a read that begins now.
    const late = heldRead();
    reads.push(budget.use(10, late.read));
    expect([large, c, late].map((read) => read.isRunning())).toEqual([false, false, false]);
    a.end();
    await turns(1);
    expect([large, c].map((read) => read.isRunning())).toEqual([true, true]);
    for (const read of [large, c, late]) read.end();
    await Promise.all(reads);
  });

  it("runs a read of more than the limit by itself", async () => {
    const budget = new ReadBudget(100);
    const [a, huge, b] = [heldRead(), heldRead(), heldRead()];
    const reads = [budget.use(1, a.read), budget.use(1_000, huge.read), budget.use(1, b.read)];
    expect([huge, b].map((read) => read.isRunning())).toEqual([false, false]);
    a.end();
    await turns(1);
    expect([huge, b].map((read) => read.isRunning())).toEqual([true, false]);
    huge.end();
    await turns(1);
    expect(b.isRunning()).toBe(true);
    b.end();
    await Promise.all(reads);
  });

  it("frees the bytes of a read that rejects, and rejects waiting reads if the store is out of reach", async () => {
    const budget = new ReadBudget(100);
    const failing = budget.use(100, () => Promise.reject(new Error("one")));
    const held = heldRead();
    const second = budget.use(100, held.read);
    const third = budget.use(100, async () => "never");
    await expect(failing).rejects.toThrow("one");
    expect(held.isRunning()).toBe(true);
    budget.fail(new Error("out of reach"));
    await expect(third).rejects.toThrow("out of reach");
    held.end();
    await second;
    expect(await budget.use(100, async () => "free again")).toBe("free again");
  });
});
