import { startServerUnderLoad } from "../processes/server-under-load.mjs";
import { formatNumber, printTable, ratioFigure } from "../report.mjs";
import { alternate, median, ratioOf } from "../statistics.mjs";

const EVENTS_PER_SECOND = 1_000;

/** A server that writes each event separately needs more than a second for a second's events. */
const TIMEOUT_MS = 60_000;

/** With `--against`, each round measures each server this often, so that the servers alternate within a round too. */
const AGAINST_TURNS = 2;

/**
 * Measures CPU time at a high rate of events. Sluice writes all events of one event-loop turn at once. The control
 * writes each event separately.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run(settings) {
  const { burstConnections, burstRounds, burstEvents, cpuProfile } = settings;
  console.log(
    `${EVENTS_PER_SECOND} events/s to ${burstConnections} subscribers, ${burstRounds} rounds of ${burstEvents} events`,
  );
  const entries = [];
  for (const program of ["control", "sluice"]) {
    const server = await startWarm(program, settings, { cpuProfile });
    const name = program === "control" ? "control, each event separately" : "Sluice";
    entries.push({ name, server, perDelivery: /** @type {number[]} */ ([]), seconds: /** @type {number[]} */ ([]) });
  }
  for (let round = 0; round < burstRounds; round++) {
    for (const { server, perDelivery, seconds } of entries) {
      const measured = await measure(server, burstEvents);
      perDelivery.push(measured.perDelivery);
      seconds.push(measured.seconds);
    }
  }
  await Promise.all(entries.map(({ server }) => server.stop()));

  printTable(
    ["server", "CPU per delivery", "events/s reached"],
    entries.map(({ name, perDelivery, seconds }) => [
      name,
      `${formatNumber(median(perDelivery))} µs`,
      formatNumber(burstEvents / median(seconds)),
    ]),
  );
  const [control = [], sluice = []] = entries.map(({ perDelivery }) => perDelivery);
  return [
    ratioFigure(
      `CPU per delivery at ${formatNumber(EVENTS_PER_SECOND)} events/s, Sluice / each event written separately`,
      ratioOf(sluice, control),
      { atMost: 0.5 },
    ),
  ];
}

/** @type {import("../against/run-against.mjs").AgainstScenario} */
export const against = {
  figure: `CPU per delivery at ${formatNumber(EVENTS_PER_SECOND)} events/s`,
  unit: "µs",
  async measureRound(entries, settings) {
    const runs = [];
    for (const entry of entries) {
      runs.push({ server: await startWarm("sluice", settings, { options: { entry } }), total: 0 });
    }
    for (let turn = 0; turn < AGAINST_TURNS; turn++) {
      for (const run of alternate(runs, turn))
        run.total += (await measure(run.server, settings.burstEvents)).perDelivery;
    }
    await Promise.all(runs.map(({ server }) => server.stop()));
    return runs.map(({ total }) => total / AGAINST_TURNS);
  },
};

/**
 * Starts a server with its subscribers, and publishes some events so that its code is compiled.
 * @param {string} program
 * @param {import("../settings.mjs").Settings} settings
 * @param {{ options?: object, cpuProfile?: string | undefined }} [startOptions]
 */
async function startWarm(program, { burstConnections, burstEvents }, startOptions) {
  const server = await startServerUnderLoad(program, { ...startOptions, loadOptions: { restMs: 0 } });
  await server.connect(burstConnections);
  await measure(server, burstEvents / 3);
  return server;
}

/**
 * Publishes `events` events at the rate. Returns the server's CPU time per delivery, in µs, and the seconds it took.
 * @param {import("../processes/server-under-load.mjs").ServerUnderLoad} server
 * @param {number} events
 */
async function measure(server, events) {
  const before = await server.cpu();
  server.expectDeliveries(events * server.readers);
  const { ms } = await server.call("publishAtRate", { events, perSecond: EVENTS_PER_SECOND });
  await server.waitForDeliveries(TIMEOUT_MS);
  return { perDelivery: ((await server.cpu()) - before) / (events * server.readers), seconds: ms / 1_000 };
}
