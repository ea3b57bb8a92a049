import { createSluice } from "sluice";
import { expect, it } from "vitest";
import type { OrderNumberEvents } from "../../../server/orders/order.ts";
import { OrderNumbers } from "../../../server/orders/order-numbers.ts";

async function take(numbers: OrderNumbers): Promise<number> {
  while (!numbers.isReady) await numbers.refill();
  return numbers.take();
}

it("gives each process its own blocks of 1,000 numbers, and counts without a hole in a block", async () => {
  const channel = createSluice().channel<OrderNumberEvents>("order-numbers");
  const [one, other] = [new OrderNumbers(channel), new OrderNumbers(channel)];
  expect([await take(one), await take(other), await take(one), await take(other)]).toEqual([1001, 2001, 1002, 2002]);
  for (let n = 1003; n <= 2000; n++) expect(await take(one)).toBe(n);
  expect(await take(one)).toBe(3001);
});

it("reserves one block for concurrent callers, and serves them in the order of their calls", async () => {
  const numbers = new OrderNumbers(createSluice().channel<OrderNumberEvents>("order-numbers"));
  expect(await Promise.all([take(numbers), take(numbers), take(numbers)])).toEqual([1001, 1002, 1003]);
});

it("starts a new block after the current one is discarded", async () => {
  const numbers = new OrderNumbers(createSluice().channel<OrderNumberEvents>("order-numbers"));
  expect(await take(numbers)).toBe(1001);
  numbers.discardBlock();
  expect(await take(numbers)).toBe(2001);
});
