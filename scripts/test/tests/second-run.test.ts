import { expect, it } from "vitest";
import type { FileResults, RunResults } from "../../tests/results.mjs";
import { filesToRunAgain } from "../../tests/second-run.mjs";

const file = (name: string, state: "passed" | "failed"): FileResults => ({
  file: name,
  hasFailedOutsideOfTests: false,
  tests: [{ name: "test", state, errors: state === "failed" ? ["expected 1 to be 2"] : [] }],
});

const results = (failed: number, more: Partial<RunResults> = {}): RunResults => ({
  unhandledErrors: 0,
  wasInterrupted: false,
  files: [file("good", "passed"), ...Array.from({ length: failed }, (_, i) => file(`bad ${i}`, "failed"))],
  ...more,
});

it("names the failed files, if there are few", () => {
  expect(filesToRunAgain(results(0))).toEqual([]);
  expect(filesToRunAgain(results(2))).toEqual(["bad 0", "bad 1"]);
  expect(filesToRunAgain(results(3))).toHaveLength(3);
  expect(filesToRunAgain(results(4))).toEqual([]);
});

it("names no file after an interruption", () => {
  expect(filesToRunAgain(results(1, { wasInterrupted: true }))).toEqual([]);
});
