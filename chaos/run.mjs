// @ts-check
/**
 * `npm run chaos -- --minutes 30 --seed 7`: breaks clusters in round after round, and says whether anything that Sluice promises did not hold.
 * README.md says how to read it.
 */
import { plansFor } from "./plans.mjs";
import { Random } from "./random.mjs";
import { explain, sentence } from "./report.mjs";
import { runRound } from "./round.mjs";
import { readSettings } from "./settings.mjs";

/** Faults of one round last so long; each round has a cluster and a history of its own. */
const ROUND_MS = 25_000;

// What was started is ended when this process exits.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

const settings = chosen();
const end = performance.now() + settings.minutes * 60_000;
/** @type {import("./report.mjs").Counted[]} */
const counted = [];
let wrong = 0;

console.log(`seed ${settings.seed}, ${settings.minutes} minutes: ${settings.kinds.join(", ")}`);
for (let number = 0; number === 0 || performance.now() < end; number++) {
  for (const kind of settings.kinds) {
    if (number > 0 && performance.now() > end) break;
    const plans = plansFor(kind);
    const found = plans.find(({ name }) => name === settings.plan) ?? plans[number % plans.length];
    const plan = /** @type {import("./plans.mjs").Plan} */ (found);
    const faults = settings.faults && [...new Set(plan.faults)].filter(({ name }) => settings.faults?.includes(name));
    // A round follows from the seed, the log and its number: `--seed` of a later one is that of the run plus its number.
    const seed = settings.seed + number;
    const name = `--log ${kind} --plan ${plan.name} --seed ${seed}`;
    const outcome = await runRound({
      kind,
      plan: faults === undefined ? plan : { ...plan, faults },
      seed: new Random(seed, kind).whole(0, 2 ** 31),
      lastsMs: ROUND_MS,
      subscribers: settings.subscribers,
      perSecond: settings.rate,
    }).catch((error) => {
      console.log(`${name} could not go on: ${error instanceof Error ? error.stack : error}`);
    });
    if (outcome === undefined) {
      wrong++;
      continue;
    }
    const { acknowledged, delivered, gaps, again, forgotten, jobs, violations } = outcome;
    counted.push({ acknowledged, delivered, gaps, again, forgotten, jobs, violations });
    const happened = [...outcome.faults].map(([name, count]) => `${name} ${count}`).join(", ");
    console.log(`${name}: ${sentence([outcome])}`);
    if (settings.verbose) console.log(`  ${happened}; ${outcome.refused} publishes refused`);
    if (violations.length === 0) continue;
    wrong++;
    console.log(explain(outcome));
    console.log(`  again: npm run chaos -- ${name}`);
  }
}
if (wrong > 0) console.log(`${wrong} of ${counted.length} rounds went wrong; the seed of the run was ${settings.seed}`);
console.log(sentence(counted));
process.exit(wrong > 0 ? 1 : 0);

function chosen() {
  try {
    return readSettings(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}
