// @ts-check
/**
 * Breaks clusters, round after round, and checks that every promise of Sluice held. See README.md.
 *
 *     npm run chaos -- --minutes 30 --seed 7
 *     npm run chaos -- tabs
 */
import { plansFor } from "./plans.mjs";
import { Random } from "./random.mjs";
import { explain, summaryLine } from "./report.mjs";
import { runRound } from "./round.mjs";
import { readSettings } from "./settings.mjs";

/** The time in which the faults of a round begin. Each round has its own cluster and history. */
const ROUND_MS = 25_000;

// Child processes end when this process exits.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

if (process.argv[2] === "tabs") {
  const { run } = await import("./tabs/run.mjs");
  process.exit(await run(process.argv[3]));
}
const settings = settingsOrExit();
const end = performance.now() + settings.minutes * 60_000;
/** @type {import("./report.mjs").Counts[]} */
const rounds = [];
let wrong = 0;

console.log(`seed ${settings.seed}, ${settings.minutes} minutes: ${settings.kinds.join(", ")}`);
for (let number = 0; number === 0 || performance.now() < end; number++) {
  for (const kind of settings.kinds) {
    if (number > 0 && performance.now() > end) break;
    const plans = plansFor(kind);
    const found = plans.find(({ name }) => name === settings.plan) ?? plans[number % plans.length];
    const plan = /** @type {import("./plans.mjs").Plan} */ (found);
    const faults = settings.faults && [...new Set(plan.faults)].filter(({ name }) => settings.faults?.includes(name));
    // A round follows from the seed of the run, the log and its number. `--seed` plus the number repeats it as the
    // first.
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
      console.log(`${name} failed: ${error instanceof Error ? error.stack : error}`);
    });
    if (outcome === undefined) {
      wrong++;
      continue;
    }
    const { acknowledged, delivered, gaps, again, forgotten, jobs, deleted, violations } = outcome;
    rounds.push({ acknowledged, delivered, gaps, again, forgotten, jobs, deleted, violations });
    const faultCounts = [...outcome.faults].map(([name, count]) => `${name} ${count}`).join(", ");
    console.log(`${name}: ${summaryLine([outcome])}`);
    if (settings.verbose) console.log(`  ${faultCounts}; ${outcome.refused} publishes refused`);
    if (violations.length === 0) continue;
    wrong++;
    console.log(explain(outcome));
    console.log(`  repeat it: npm run chaos -- ${name}`);
  }
}
if (wrong > 0) console.log(`${wrong} of ${rounds.length} rounds went wrong; the seed of the run was ${settings.seed}`);
console.log(summaryLine(rounds));
process.exit(wrong > 0 ? 1 : 0);

function settingsOrExit() {
  try {
    return readSettings(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}
