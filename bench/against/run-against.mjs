import { killChildren } from "../processes/start-child.mjs";
import { withTimeout } from "../processes/with-timeout.mjs";
import { formatNumber, printTable } from "../report.mjs";
import { importScenario, SCENARIOS } from "../scenarios.mjs";
import { alternate, median } from "../statistics.mjs";
import { prepareBuilds, resolveCommit } from "./builds.mjs";
import { compareBuilds } from "./compare-builds.mjs";

const ROUND_LIMIT_S = 120;

/** A longer name of the commit is replaced by the short hash, so that the table stays narrow. */
const MAX_NAME_CHARS = 12;

/**
 * Measures a new server process per entry, and returns one value per entry. An entry is the URL of a `sluice` entry.
 * @callback MeasureRound
 * @param {readonly string[]} entries
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<number[]>}
 */

/**
 * A scenario's export `against`: one figure, measured for several builds in turn. A lower value is better.
 * @typedef {object} AgainstScenario
 * @property {string} figure
 * @property {string} unit
 * @property {MeasureRound} measureRound
 */

/**
 * @typedef {object} Result
 * @property {AgainstScenario} scenario
 * @property {{ current: number[], base: number[], baseAgain: number[] }} values
 * @property {import("./compare-builds.mjs").BuildComparison} comparison
 */

/**
 * Compares this working tree with a commit, and prints a verdict per figure. Returns true if no figure is worse and no
 * scenario fails.
 * @param {object} options
 * @param {string} options.commit
 * @param {number} options.rounds
 * @param {string[]} options.scenarios
 * @param {import("../settings.mjs").Settings} options.settings
 */
export async function runAgainst({ commit, rounds, scenarios, settings }) {
  /** @type {Result[]} */
  const results = [];
  let failed = 0;
  let name = commit;
  try {
    const hash = resolveCommit(commit);
    if (commit.length > MAX_NAME_CHARS) name = hash.slice(0, MAX_NAME_CHARS);
    console.log(`Building ${commit} (${hash}) …`);
    const builds = await prepareBuilds(hash);
    for (const scenario of Object.keys(SCENARIOS).filter((known) => scenarios.includes(known))) {
      console.log(`\n== ${scenario}: this working tree against ${name}, ${rounds} rounds`);
      try {
        const { against } = await importScenario(scenario);
        results.push(await measure(against, builds, { rounds, settings }));
      } catch (error) {
        failed++;
        console.error(`${scenario}: ${error instanceof Error ? error.message : error}`);
      }
      killChildren();
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
  printResults(results, name);
  const worse = results.filter(({ comparison }) => comparison.isWorse).length;
  console.log(`\n${worse} of ${results.length} figures worse, ${failed} scenarios failed`);
  return worse === 0 && failed === 0;
}

/**
 * Measures one figure: in each round this tree once and the commit twice, in alternating order.
 * @param {AgainstScenario} scenario
 * @param {import("./builds.mjs").Builds} builds
 * @param {{ rounds: number, settings: import("../settings.mjs").Settings }} options
 * @returns {Promise<Result>}
 */
async function measure(scenario, { current, base }, { rounds, settings }) {
  const runs = [
    { name: "commit", entry: base, values: /** @type {number[]} */ ([]) },
    { name: "this", entry: current, values: /** @type {number[]} */ ([]) },
    { name: "commit again", entry: base, values: /** @type {number[]} */ ([]) },
  ];
  for (let round = 0; round < rounds; round++) {
    const order = alternate(runs, round);
    const entries = order.map(({ entry }) => entry);
    const timeout = `a round took longer than ${ROUND_LIMIT_S} s`;
    const values = await withTimeout(scenario.measureRound(entries, settings), ROUND_LIMIT_S * 1_000, timeout);
    for (const [index, run] of order.entries()) run.values.push(values[index] ?? Number.NaN);
    const shown = runs.map((run) => `${run.name} ${formatNumber(run.values.at(-1) ?? Number.NaN)} ${scenario.unit}`);
    console.log(`round ${round + 1}: ${shown.join(", ")}`);
  }
  const [first, own, second] = runs.map((run) => run.values);
  const values = { current: own ?? [], base: first ?? [], baseAgain: second ?? [] };
  return { scenario, values, comparison: compareBuilds(values) };
}

/**
 * @param {readonly Result[]} results
 * @param {string} name of the commit
 */
function printResults(results, name) {
  console.log("\n== medians, and their ratio");
  printTable(
    ["figure", "this", name, `this / ${name}`, `${name} / itself`, "worse if above", "verdict"],
    results.map(({ scenario: { figure, unit }, values: { current, base, baseAgain }, comparison }) => [
      figure,
      `${formatNumber(median(current))} ${unit}`,
      `${formatNumber(median([...base, ...baseAgain]))} ${unit}`,
      comparison.ratio.toFixed(3),
      `${comparison.spread.least.toFixed(3)} … ${comparison.spread.most.toFixed(3)}`,
      comparison.limit.toFixed(3),
      comparison.isWorse ? "WORSE" : "not worse",
    ]),
  );
}
