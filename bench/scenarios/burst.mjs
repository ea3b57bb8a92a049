import { median, ratioOf } from "../measure.mjs";
import { startPair } from "../pair.mjs";
import { number, printTable, ratioFigure } from "../report.mjs";

const EVENTS_PER_SECOND = 1_000;

/** A server that writes each event singly needs more than a second for a second's events. */
const TIMEOUT_MS = 60_000;

/**
 * Many events a second to some subscribers: Sluice writes what one turn published at once, the control each event.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ burstConnections, burstRounds, burstEvents, cpuProfile }) {
  console.log(
    `${EVENTS_PER_SECOND} events/s to ${burstConnections} subscribers, ${burstRounds} rounds of ${burstEvents} events`,
  );
  const entries = [];
  for (const program of ["control", "sluice"]) {
    const pair = await startPair(program, { cpuProfile, loadOptions: { restMs: 0 } });
    await pair.connect(burstConnections);
    await measure(pair, burstEvents / 3);
    entries.push({
      name: program,
      pair,
      perDelivery: /** @type {number[]} */ ([]),
      seconds: /** @type {number[]} */ ([]),
    });
  }
  for (let round = 0; round < burstRounds; round++) {
    for (const { pair, perDelivery, seconds } of entries) {
      const measured = await measure(pair, burstEvents);
      perDelivery.push(measured.perDelivery);
      seconds.push(measured.seconds);
    }
  }
  await Promise.all(entries.map(({ pair }) => pair.stop()));

  printTable(
    ["server", "CPU per delivery", "events/s reached"],
    entries.map(({ name, perDelivery, seconds }) => [
      name === "control" ? "control, each event singly" : name,
      `${number(median(perDelivery))} µs`,
      number(burstEvents / median(seconds)),
    ]),
  );
  const [control, sluice] = entries.map(({ perDelivery }) => perDelivery);
  return [
    ratioFigure(
      `CPU per delivery at ${number(EVENTS_PER_SECOND)} events/s, of each event written singly`,
      ratioOf(sluice, control),
      { atMost: 0.5 },
    ),
  ];
}

/**
 * @param {import("../pair.mjs").Pair} pair
 * @param {number} events
 */
async function measure(pair, events) {
  const before = await pair.cpu();
  pair.expectMore(events * pair.readers);
  const { ms } = await pair.ask("publishAtRate", { events, perSecond: EVENTS_PER_SECOND });
  await pair.arrived(TIMEOUT_MS);
  return { perDelivery: ((await pair.cpu()) - before) / (events * pair.readers), seconds: ms / 1_000 };
}
