/**
 * `npm run bench`: measures Sluice's speed and size, and prints each figure beside its target.
 * `npm run bench -- fanout idle` runs only these scenarios. README.md explains each one.
 */
import { runAgainst } from "./against/run-against.mjs";
import { readArguments } from "./arguments.mjs";
import { ensurePeers } from "./peers/ensure-peers.mjs";
import { killChildren } from "./processes/start-child.mjs";
import { withTimeout } from "./processes/with-timeout.mjs";
import { isMet, printFigures } from "./report.mjs";
import { importScenario, SCENARIOS } from "./scenarios.mjs";
import { makeSettings } from "./settings.mjs";

const INVALID_ARGUMENTS = 2;

const args = parseOrExit();
const settings = makeSettings(args);
if (!args.against && args.scenarios.some((name) => SCENARIOS[name]?.comparesPeers)) ensurePeers();
const start = performance.now();
const ok = args.against ? await runAgainst({ ...args, ...args.against, settings }) : await runScenarios();
if (args.quick) console.log("--quick shows that everything works. Its figures mean nothing.");
console.log(`${secondsSince(start)} s, Node ${process.versions.node}`);
process.exit(ok ? 0 : 1);

/** Runs the scenarios one after another. Returns false if one fails, or with `--strict` if a target is missed. */
async function runScenarios() {
  /** @type {import("./report.mjs").Figure[]} */
  const figures = [];
  let failed = 0;
  for (const [name, { limitS }] of Object.entries(SCENARIOS)) {
    if (!args.scenarios.includes(name)) continue;
    const begun = performance.now();
    console.log(`\n== ${name}`);
    try {
      const { run } = await importScenario(name);
      figures.push(...(await withTimeout(run(settings), limitS * 1_000, `took longer than ${limitS} s`)));
    } catch (error) {
      failed++;
      console.error(`${name}: ${error instanceof Error ? error.message : error}`);
    }
    killChildren();
    console.log(`(${secondsSince(begun)} s)`);
  }
  console.log("\n== figures");
  printFigures(figures);
  const missed = figures.filter((figure) => isMet(figure) === false).length;
  console.log(`\n${missed} of ${figures.length} targets missed, ${failed} scenarios failed`);
  return failed === 0 && !(args.strict && missed > 0);
}

/** @param {number} moment */
function secondsSince(moment) {
  return Math.round((performance.now() - moment) / 1_000);
}

function parseOrExit() {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(INVALID_ARGUMENTS);
  }
}
