/**
 * `npm run bench`: measures what Sluice promises about speed and size, and prints each figure beside its target.
 * `npm run bench -- fanout idle` runs these scenarios only; README.md says what each of them means.
 */
import { killChildren } from "./children.mjs";
import { isMet, printFigures } from "./report.mjs";
import { readSettings } from "./settings.mjs";
import { within } from "./timeout.mjs";

/** In the order they run; each stops after its limit, in seconds, whatever happens. */
const LIMITS_S = { fanout: 150, idle: 120, burst: 60, targeted: 60, stalled: 120, resume: 60, parser: 60, logs: 420 };

const { scenarios, settings } = chosen();
const start = performance.now();
/** @type {import("./report.mjs").Figure[]} */
const figures = [];
let failed = 0;

for (const [name, limit] of Object.entries(LIMITS_S)) {
  if (!scenarios.includes(name)) continue;
  const begun = performance.now();
  console.log(`\n== ${name}`);
  try {
    const { run } = await import(new URL(`scenarios/${name}.mjs`, import.meta.url).href);
    figures.push(...(await within(run(settings), limit * 1_000, `refused: took longer than ${limit} s`)));
  } catch (error) {
    failed++;
    console.error(`${name}: ${error instanceof Error ? error.message : error}`);
  }
  killChildren();
  console.log(`(${secondsSince(begun)} s)`);
}

if (settings.quick) console.log("\n--quick shows that everything works; its figures mean nothing.");
console.log(`\n== figures (${secondsSince(start)} s, Node ${process.versions.node})`);
printFigures(figures);
const missed = figures.filter((figure) => isMet(figure) === false).length;
console.log(`\n${missed} of ${figures.length} targets missed, ${failed} scenarios failed`);
process.exit(failed > 0 || (settings.strict && missed > 0) ? 1 : 0);

/** @param {number} moment */
function secondsSince(moment) {
  return Math.round((performance.now() - moment) / 1_000);
}

function chosen() {
  try {
    return readSettings(process.argv.slice(2), Object.keys(LIMITS_S));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}
