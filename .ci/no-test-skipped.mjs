// @ts-check
/** Fails if a test was skipped: CI has, or installs, every program that a test needs. */
import { readFileSync } from "node:fs";

const [file = ""] = process.argv.slice(2);
/** @type {import("../scripts/tests/results.mjs").RunResults} */
const { files } = JSON.parse(readFileSync(file, "utf8"));
const tests = files.flatMap((results) => results.tests);
const skipped = tests.filter(({ state }) => state !== "passed" && state !== "failed");
for (const { name } of skipped) console.log(`skipped: ${name}`);
if (tests.length === 0) console.log("no test ran");
process.exitCode = skipped.length > 0 || tests.length === 0 ? 1 : 0;
