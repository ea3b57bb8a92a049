// @ts-check
/** Counts checks and tests, prints the failed ones, and ends with the line `N passed, N failed`. */
import { existsSync, readFileSync } from "node:fs";

const [resultsFile = "", testsFiles = "", ...checksFiles] = process.argv.slice(2);
const lines = readFileSync(resultsFile, "utf8").split("\n").filter(Boolean);
/** @type {{ name: string, ok: boolean }[]} */
const checks = lines.map((line) => ({ name: line.replace(/^\w+ /, ""), ok: line.startsWith("ok ") }));
for (const file of checksFiles) if (existsSync(file)) checks.push(...JSON.parse(readFileSync(file, "utf8")));
for (const testsFile of testsFiles.split(",").filter((file) => existsSync(file))) {
  /** @type {import("../scripts/tests/results.mjs").RunResults} */
  const { files } = JSON.parse(readFileSync(testsFile, "utf8"));
  for (const { file, tests } of files) {
    for (const { name, state } of tests) {
      if (state === "passed" || state === "failed") checks.push({ name: `${file}: ${name}`, ok: state === "passed" });
    }
  }
}
const failed = checks.filter(({ ok }) => !ok);
for (const { name } of failed) console.log(`FAILED ${name}`);
console.log(`${checks.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
