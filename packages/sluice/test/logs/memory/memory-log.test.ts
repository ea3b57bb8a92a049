import { expect, it } from "vitest";
import type { NewEntry } from "../../../src/logs/log.ts";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { logContract } from "../support/contracts/log-contract.ts";

logContract("memoryLog", memoryLog);

it("begins a new epoch each time it is opened", async () => {
  const retain = { events: 10, bytes: 1e6, age: Number.POSITIVE_INFINITY };
  const first = await memoryLog().open("orders", { retain });
  const second = await memoryLog().open("orders", { retain });
  expect(first.epoch).not.toBe(second.epoch);
});

/** Entries whose data are the numbers from 1 to `count`. */
const entries = (count: number): NewEntry[] =>
  Array.from({ length: count }, (_, i) => ({ type: "n", data: `${i + 1}`, json: true }));

it("keeps a channel's entries if only the channel is closed and opened again, up to the new limits", async () => {
  const log = memoryLog();
  const open = (events: number) =>
    log.open("orders", { retain: { events, bytes: 1e6, age: Number.POSITIVE_INFINITY } });
  const first = await open(10);
  await first.append(entries(5));
  await first.close();
  const second = await open(2);
  expect(second).toMatchObject({ epoch: first.epoch, first: 4, last: 5 });
  await second.append(entries(3));
  expect(second).toMatchObject({ first: 7, last: 8 });
});

it("keeps channels apart that are open at the same time", async () => {
  const log = memoryLog();
  const open = (name: string) => log.open(name, { retain: { events: 9, bytes: 1e6, age: Number.POSITIVE_INFINITY } });
  const [first, second, other] = [await open("orders"), await open("orders"), await open("other")];
  await first.append(entries(3));
  await first.close();
  expect([second.last, other.last]).toEqual([0, 0]);
  expect((await open("other")).last).toBe(0);
});
