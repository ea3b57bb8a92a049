// @ts-check
/**
 * Runs tests as `vitest run` does, with the same arguments. If they name no file, failed files run once more, alone.
 * `SLUICE_TEST_REPORT` names a file for the results, as JSON.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseCLI } from "vitest/node";
import { withSecondRun } from "./results.mjs";
import { filesToRunAgain } from "./second-run.mjs";

const { resolve: resolvePath } = createRequire(import.meta.url);
const VITEST = join(dirname(resolvePath("vitest/package.json")), "vitest.mjs");
const REPORTER = fileURLToPath(new URL("results-reporter.mjs", import.meta.url));

const given = process.argv.slice(2);
const { filter } = parseCLI(["vitest", "run", ...given]);
const folder = mkdtempSync(join(tmpdir(), "sluice-test-results-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let { results, exitCode } = await run("first", given);
const again = results === undefined || filter.length > 0 ? [] : filesToRunAgain(results);
if (results !== undefined && again.length > 0) {
  console.log(`\nThese files failed beside others. They run once more, alone:\n${listed(again)}\n`);
  const second = await run("second", [...given, "--no-file-parallelism", ...again]);
  exitCode = second.exitCode;
  if (second.results !== undefined) results = withSecondRun(results, second.results);
  if (exitCode === 0) console.log(`\nThese files failed beside others, and passed alone:\n${listed(again)}\n`);
}
const { SLUICE_TEST_REPORT: report } = process.env;
if (report !== undefined && results !== undefined) writeFileSync(report, JSON.stringify(results));
process.exitCode = exitCode;

/**
 * Runs Vitest. The results are `undefined` if it could not start.
 * @param {string} name
 * @param {readonly string[]} args
 * @returns {Promise<{ results: import("./results.mjs").RunResults | undefined, exitCode: number }>}
 */
async function run(name, args) {
  const file = join(folder, `${name}.json`);
  const env = { ...process.env, SLUICE_TEST_RESULTS: file };
  const vitest = [VITEST, "run", ...args, "--reporter=default", `--reporter=${REPORTER}`];
  const child = spawn(process.execPath, vitest, { stdio: "inherit", env });
  // Ctrl-C reaches both processes. Vitest ends first, and this process then reports its exit code.
  const ignore = () => undefined;
  process.on("SIGINT", ignore);
  const exitCode = await new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
  process.off("SIGINT", ignore);
  return { results: readResults(file), exitCode };
}

/**
 * @param {string} file
 * @returns {import("./results.mjs").RunResults | undefined}
 */
function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {readonly string[]} files */
function listed(files) {
  return files.map((file) => `  ${relative(process.cwd(), file)}`).join("\n");
}
