import { createSluice } from "sluice";
import { expect, test } from "vitest";
import type { OrderNumberEvents } from "../../server/orders/order.ts";
import { OrderNumbers } from "../../server/orders/order-numbers.ts";

async function take(numbers: OrderNumbers): Promise<number> {
  while (!numbers.isReady) await numbers.refill();
  return numbers.take();
}

test("two processes never have the same number, and each counts without a hole from thousand to thousand", async () => {
  const channel = createSluice().channel<OrderNumberEvents>("order-numbers");
  const [one, other] = [new OrderNumbers(channel), new OrderNumbers(channel)];
  expect([await take(one), await take(other), await take(one), await take(other)]).toEqual([1001, 2001, 1002, 2002]);
  for (let n = 1003; n <= 2000; n++) expect(await take(one)).toBe(n);
  expect(await take(one)).toBe(3001);
});

test("many that wait for a thousand share one, in the order in which they came", async () => {
  const numbers = new OrderNumbers(createSluice().channel<OrderNumberEvents>("order-numbers"));
  expect(await Promise.all([take(numbers), take(numbers), take(numbers)])).toEqual([1001, 1002, 1003]);
});

test("after a number of which nobody knows whether it was used, a new thousand begins", async () => {
  const numbers = new OrderNumbers(createSluice().channel<OrderNumberEvents>("order-numbers"));
  expect(await take(numbers)).toBe(1001);
  numbers.abandon();
  expect(await take(numbers)).toBe(2001);
});
