import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

it("fails the first time", () => {
  const file = join(process.env.SECOND_RUN_FOLDER as string, "has-run");
  const isFirst = !existsSync(file);
  writeFileSync(file, "");
  expect(isFirst).toBe(false);
});

it("passes", () => undefined);
