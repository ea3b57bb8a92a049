import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { TestSpecification, Vitest } from "vitest/node";
import { ROOT } from "../../programs/programs.mjs";
import { LONGEST, LongestFirst } from "../../tests/longest-first.ts";

function specification(file: string, isolate: boolean): TestSpecification {
  const config = { isolate, sequence: { groupOrder: 0 } };
  return { moduleId: join(ROOT, file), project: { name: "", config } } as unknown as TestSpecification;
}

it("knows only files that exist, each once", () => {
  expect(LONGEST.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  expect(new Set(LONGEST).size).toBe(LONGEST.length);
});

it("runs the longest files first, and files that share processes one after another at the end", async () => {
  const cache = { getFileTestResults: () => undefined, getFileStats: () => undefined };
  const order = new LongestFirst({ config: { root: ROOT }, cache } as unknown as Vitest);
  const [first, second] = LONGEST;
  const files = [
    specification("shared/a.test.ts", false),
    specification("own/b.test.ts", true),
    specification(second!, true),
    specification("shared/c.test.ts", false),
    specification(first!, true),
  ];
  const sorted = (await order.sort(files)).map(({ moduleId }) => moduleId.slice(ROOT.length).replace(/^\//, ""));
  expect(sorted).toEqual([first, second, "own/b.test.ts", "shared/a.test.ts", "shared/c.test.ts"]);
});
