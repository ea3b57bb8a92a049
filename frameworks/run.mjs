// @ts-check
/**
 * Runs one probe against a small server of each framework, made of the real packages. README.md describes it. The last
 * line counts: `N passed, N failed`.
 *
 *     npm run test:frameworks                           all frameworks
 *     npm run test:frameworks -- express nest           these
 *     npm run test:frameworks -- commonjs               only Jest and TypeScript 5, with CommonJS modules
 *     npm run test:frameworks -- next --mode=production  in one mode
 *     npm run test:frameworks -- --write                also writes README's table
 *     npm run test:frameworks -- --report=FILE          also writes the results to FILE, as JSON
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkCommonJs } from "./commonjs/check.mjs";
import { loadFixtures, modesOf } from "./frame/fixtures.mjs";
import { install } from "./frame/install.mjs";
import { judge, print } from "./frame/results.mjs";
import { writeTable } from "./frame/table.mjs";
import { probe } from "./probe/probe.mjs";

/** The machine has few cores, and a probe needs an answer in time. */
const MAX_PARALLEL = 2;
/** CI ends the run after 20 minutes. */
const TIMEOUT_MS = 19 * 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean" }, report: { type: "string" }, mode: { type: "string" } },
});
const all = await loadFixtures();
const names = positionals.filter((name) => name !== "commonjs");
const fixtures = names.length === 0 && positionals.length > 0 ? [] : await loadFixtures(names);
const withCommonJs = positionals.length === 0 || names.length < positionals.length;
/** @type {import("./frame/results.mjs").Result[]} */
const results = [];
const pending = fixtures.flatMap((fixture) =>
  modesOf(fixture)
    .filter(({ name }) => values.mode === undefined || values.mode === name)
    .map((mode) => ({ fixture, mode })),
);

// The servers end with this process, also if a signal ends it.
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(1));
const timer = setTimeout(() => {
  for (const { fixture, mode } of pending)
    record({
      fixture: fixture.name,
      mode: mode.name,
      step: "start",
      seconds: 0,
      reason: `not done within ${TIMEOUT_MS} ms`,
    });
  finish();
  process.exit();
}, TIMEOUT_MS);
if (withCommonJs) for (const outcome of checkCommonJs()) record(outcome);
install(fixtures);
const queue = [...fixtures];
await Promise.all(Array.from({ length: MAX_PARALLEL }, runQueue));
clearTimeout(timer);
finish();
process.exit(); // a failed step may have left a connection open

/** Runs fixtures until none is left, the modes of each one after the other. */
async function runQueue() {
  for (let fixture = queue.shift(); fixture; fixture = queue.shift()) {
    const { name } = fixture;
    for (const entry of pending.filter((candidate) => candidate.fixture === fixture)) {
      const mode = entry.mode.name;
      const began = performance.now();
      try {
        for (const outcome of await probe(fixture, entry.mode)) record({ fixture: name, mode, ...outcome });
      } catch (error) {
        const reason = error instanceof Error ? error.message : `${error}`;
        record({ fixture: name, mode, step: "start", seconds: secondsSince(began), reason });
      }
      console.log(`        ${name} ${mode} took ${secondsSince(began)} s`);
      pending.splice(pending.indexOf(entry), 1);
    }
  }
}

/** @param {number} began */
function secondsSince(began) {
  return Math.round((performance.now() - began) / 1000);
}

/** @param {Parameters<typeof judge>[0]} outcome */
function record(outcome) {
  const result = judge(outcome);
  results.push(result);
  print(result);
}

/** Writes what was asked for, and prints the count. */
function finish() {
  const failed = results.filter(({ verdict }) => verdict === "FAILED");
  if (values.write) writeTable(all, results);
  if (values.report) {
    const counted = results.map(({ fixture, mode, step, verdict }) => ({
      name: `${fixture} ${mode}: ${step}`,
      ok: verdict !== "FAILED",
    }));
    writeFileSync(values.report, `${JSON.stringify(counted, null, 2)}\n`);
  }
  const known = results.filter(({ verdict }) => verdict === "known").length;
  if (known > 0) console.log(`${known} known failures`);
  for (const { fixture, mode, step } of failed) console.log(`FAILED ${fixture} ${mode}: ${step}`);
  console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0 || results.length === 0) process.exitCode = 1;
}
