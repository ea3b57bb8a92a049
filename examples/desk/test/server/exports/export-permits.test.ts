import { expect, it } from "vitest";
import { MAX_RUNNING, PermitTable } from "../../../server/exports/export-permits.ts";

it("limits the permits of each user, whichever process takes them", () => {
  const table = new PermitTable();
  for (let n = 0; n < MAX_RUNNING; n++) expect(table.take("ada", n)).toBe(true);
  for (let n = 0; n < 10; n++) expect(table.take("ada", n)).toBe(false);
  expect(table.take("ben", 1)).toBe(true);
  table.giveBack("ada", 0);
  expect(table.take("ada", 1)).toBe(true);
  expect(table.take("ada", 1)).toBe(false);
});

it("ignores a permit that the process does not have", () => {
  const table = new PermitTable();
  for (let n = 0; n < MAX_RUNNING; n++) table.take("ada", 1);
  table.giveBack("ada", 2);
  table.giveBack("eve", 1);
  expect(table.take("ada", 1)).toBe(false);
});

it("returns the permits of a process that has exited", () => {
  const table = new PermitTable();
  for (let n = 0; n < MAX_RUNNING; n++) table.take("ada", 1);
  table.take("ben", 2);
  table.giveBackAll(1);
  for (let n = 0; n < MAX_RUNNING; n++) expect(table.take("ada", 2)).toBe(true);
  for (let n = 1; n < MAX_RUNNING; n++) expect(table.take("ben", 2)).toBe(true);
  expect(table.take("ben", 2)).toBe(false);
});
