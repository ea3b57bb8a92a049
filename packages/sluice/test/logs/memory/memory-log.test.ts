import { expect, it } from "vitest";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { logContract } from "../support/log-contract.ts";

logContract("memoryLog", memoryLog);

it("begins a new epoch each time it is opened", async () => {
  const retain = { events: 10, bytes: 1e6, age: Number.POSITIVE_INFINITY };
  const first = await memoryLog().open("orders", { retain });
  const second = await memoryLog().open("orders", { retain });
  expect(first.epoch).not.toBe(second.epoch);
});
