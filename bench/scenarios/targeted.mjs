import { startServerUnderLoad } from "../processes/server-under-load.mjs";
import { formatNumber, printTable, ratioFigure } from "../report.mjs";
import { median, ratioOf, rotate } from "../statistics.mjs";

/**
 * Measures the CPU time of an event that concerns one subscriber, among many subscribers and among few. The control
 * only looks up a socket in a map, so its ratio shows how much slower this machine is with the larger working set.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ connections, targetedFew, targetedRounds, targetedEvents, cpuProfile }) {
  console.log(`one event per turn, for one of ${targetedFew} or ${connections} subscribers, ${targetedRounds} rounds`);
  const entries = [];
  for (const program of ["sluice", "control"]) {
    for (const subscribers of [targetedFew, connections]) {
      const server = await startServerUnderLoad(program, { options: { byUser: true }, cpuProfile });
      await server.connect(subscribers);
      entries.push({ program, subscribers, server, perEvent: /** @type {number[]} */ ([]) });
      await measure(server, Math.max(targetedEvents, subscribers));
    }
  }
  for (let round = 0; round < targetedRounds; round++) {
    for (const { server, perEvent } of rotate(entries, round)) perEvent.push(await measure(server, targetedEvents));
  }
  await Promise.all(entries.map(({ server }) => server.stop()));

  printTable(
    ["server", "subscribers", "CPU per event"],
    entries.map(({ program, subscribers, perEvent }) => [
      program === "sluice" ? "Sluice" : program,
      formatNumber(subscribers),
      `${formatNumber(median(perEvent))} µs`,
    ]),
  );
  const [few = [], many = [], controlFew = [], controlMany = []] = entries.map(({ perEvent }) => perEvent);
  const among = `for one of ${formatNumber(connections)} subscribers / one of ${formatNumber(targetedFew)}`;
  return [
    ratioFigure(`CPU per event ${among}`, ratioOf(many, few), { atMost: 1.5 }),
    ratioFigure("the same for the control", ratioOf(controlMany, controlFew)),
  ];
}

/**
 * Returns the server's CPU time per event, in µs.
 * @param {import("../processes/server-under-load.mjs").ServerUnderLoad} server
 * @param {number} events
 */
async function measure(server, events) {
  const before = await server.cpu();
  await server.publish({ events, users: server.readers }, { method: "publishToEach", events, readersPerEvent: 1 });
  return ((await server.cpu()) - before) / events;
}
