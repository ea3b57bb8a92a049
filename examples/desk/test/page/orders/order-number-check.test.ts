import { expect, it } from "vitest";
import { OrderNumberCheck } from "../../../page/src/orders/order-number-check.ts";

function checkOf(...orderIds: number[]): OrderNumberCheck {
  const check = new OrderNumberCheck();
  for (const id of orderIds) check.add(String(id));
  return check;
}

it("finds no missing number in consecutive orders", () => {
  expect(checkOf(1001, 1002, 1003)).toMatchObject({ received: 3, missing: [], missingCount: 0, repeated: 0 });
});

it("lists the ranges of missing numbers", () => {
  expect(checkOf(1001, 1004, 1006)).toMatchObject({
    missing: [
      [1002, 1003],
      [1005, 1005],
    ],
    missingCount: 3,
  });
});

it("removes a late order from the missing ranges", () => {
  expect(checkOf(1001, 1005, 1003)).toMatchObject({
    missing: [
      [1002, 1002],
      [1004, 1004],
    ],
    received: 3,
    repeated: 0,
  });
});

it("counts a repeated order, and returns false for it", () => {
  const check = checkOf(1001, 1002);
  expect(check.add("1001")).toBe(false);
  expect(check).toMatchObject({ received: 2, repeated: 1 });
});

it("checks each block of 1,000 numbers for itself", () => {
  expect(checkOf(1001, 2001, 1002, 7013, 2002, 1003)).toMatchObject({ received: 6, missing: [], repeated: 0 });
  expect(checkOf(1001, 2001, 1002, 2003, 1003)).toMatchObject({ missing: [[2002, 2002]], missingCount: 1 });
  expect(checkOf(1999, 2000, 2001)).toMatchObject({ received: 3, missing: [] });
});
