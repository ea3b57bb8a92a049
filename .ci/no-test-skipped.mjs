// @ts-check
/** Fails if a test was skipped: CI has, or installs, every program that a test needs. */
import { readFileSync } from "node:fs";

const [file = ""] = process.argv.slice(2);
/** @type {{ testResults: { assertionResults: { status: string, fullName: string }[] }[] }} */
const { testResults } = JSON.parse(readFileSync(file, "utf8"));
const tests = testResults.flatMap((suite) => suite.assertionResults);
const skipped = tests.filter(({ status }) => status !== "passed" && status !== "failed");
for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
if (tests.length === 0) console.log("no test ran");
process.exitCode = skipped.length > 0 || tests.length === 0 ? 1 : 0;
