import { startPair } from "../pair.mjs";
import { number, printTable } from "../report.mjs";

const TIMEOUT_MS = 60_000;

/**
 * Many clients come back at once, each with the same last event ID and as many missed events.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ resumeClients, resumeEvents, cpuProfile }) {
  console.log(`${resumeClients} clients resume at once, each with ${resumeEvents} missed events`);
  const pair = await startPair("sluice", { cpuProfile });
  const lastEventId = await pair.ask("publish");
  await pair.ask("publish", { turns: resumeEvents });

  await pair.connect(resumeClients, { headers: { "last-event-id": lastEventId }, hold: true });
  const before = await pair.cpu();
  const start = performance.now();
  pair.expectMore(resumeClients * resumeEvents);
  await pair.send();
  await pair.arrived(TIMEOUT_MS);
  const seconds = (performance.now() - start) / 1_000;
  const cpuSeconds = ((await pair.cpu()) - before) / 1e6;
  // Whatever came twice would come now.
  await pair.settle();
  const { events, fewest, most } = await pair.counts();
  await pair.stop();

  printTable(
    ["events served", "fewest to one", "most to one", "seconds", "CPU seconds"],
    [[number(events), number(fewest), number(most), number(seconds), number(cpuSeconds)]],
  );
  return [
    {
      figure: `clients resumed with all of their ${number(resumeEvents)} missed events`,
      measured: fewest === resumeEvents && most === resumeEvents ? resumeClients : 0,
      target: { atLeast: resumeClients },
    },
    { figure: "events replayed per CPU second", measured: events / cpuSeconds },
  ];
}
