import { expect, test } from "vitest";
import { OrderLedger } from "../../page/src/orders/order-ledger.ts";

function ledgerOf(...orderIds: number[]): OrderLedger {
  const ledger = new OrderLedger();
  for (const id of orderIds) ledger.take(String(id));
  return ledger;
}

test("orders that came one after the other are complete", () => {
  expect(ledgerOf(1001, 1002, 1003)).toMatchObject({ received: 3, missing: [], missingCount: 0, repeated: 0 });
});

test("what was left out is missing", () => {
  expect(ledgerOf(1001, 1004, 1006)).toMatchObject({
    missing: [
      [1002, 1003],
      [1005, 1005],
    ],
    missingCount: 3,
  });
});

test("what comes later after all is not missing any more", () => {
  expect(ledgerOf(1001, 1005, 1003)).toMatchObject({
    missing: [
      [1002, 1002],
      [1004, 1004],
    ],
    received: 3,
    repeated: 0,
  });
});

test("what comes twice is counted, and not taken again", () => {
  const ledger = ledgerOf(1001, 1002);
  expect(ledger.take("1001")).toBe(false);
  expect(ledger).toMatchObject({ received: 2, repeated: 1 });
});

test("each process of the server has a thousand numbers: one does not miss what another has", () => {
  expect(ledgerOf(1001, 2001, 1002, 7013, 2002, 1003)).toMatchObject({ received: 6, missing: [], repeated: 0 });
  expect(ledgerOf(1001, 2001, 1002, 2003, 1003)).toMatchObject({ missing: [[2002, 2002]], missingCount: 1 });
  expect(ledgerOf(1999, 2000, 2001)).toMatchObject({ received: 3, missing: [] });
});
