import { startServerUnderLoad } from "../processes/server-under-load.mjs";
import { formatNumber, printTable } from "../report.mjs";

const TIMEOUT_MS = 60_000;

/**
 * Measures many clients that reconnect at once, each with the same last event ID and so the same missed events.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ resumeClients, resumeEvents, cpuProfile }) {
  console.log(`${resumeClients} clients resume at once, each with ${resumeEvents} missed events`);
  const server = await startServerUnderLoad("sluice", { cpuProfile });
  const lastEventId = await server.call("publish");
  await server.call("publish", { turns: resumeEvents });

  await server.connect(resumeClients, { headers: { "last-event-id": lastEventId }, holdRequests: true });
  const before = await server.cpu();
  const start = performance.now();
  server.expectDeliveries(resumeClients * resumeEvents);
  await server.sendRequests();
  await server.waitForDeliveries(TIMEOUT_MS);
  const seconds = (performance.now() - start) / 1_000;
  const cpuSeconds = ((await server.cpu()) - before) / 1e6;
  // If an event is sent twice, the second copy arrives now.
  await server.waitUntilQuiet();
  const { events, fewest, most } = await server.counts();
  await server.stop();

  printTable(
    ["events replayed", "fewest to one client", "most to one client", "seconds", "CPU seconds"],
    [[events, fewest, most, seconds, cpuSeconds].map(formatNumber)],
  );
  return [
    {
      figure: `clients that received exactly their ${formatNumber(resumeEvents)} missed events`,
      measured: fewest === resumeEvents && most === resumeEvents ? resumeClients : 0,
      target: { atLeast: resumeClients },
    },
    { figure: "events replayed per CPU second", measured: events / cpuSeconds },
  ];
}
