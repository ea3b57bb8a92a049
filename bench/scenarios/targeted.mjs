import { median, ratioOf, rotate } from "../measure.mjs";
import { startPair } from "../pair.mjs";
import { number, printTable, ratioFigure } from "../report.mjs";

/**
 * Each event concerns one of N subscribers, the next one each time: what one event costs the server among many
 * subscribers, of what it costs among few. The control has nothing to look up: its growth is the machine's.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ connections, targetedFew, targetedRounds, targetedEvents, cpuProfile }) {
  console.log(
    `one event a turn, each for one of ${targetedFew} or ${connections} subscribers, ${targetedRounds} rounds`,
  );
  const entries = [];
  for (const program of ["sluice", "control"]) {
    for (const subscribers of [targetedFew, connections]) {
      const pair = await startPair(program, { options: { byUser: true }, cpuProfile });
      await pair.connect(subscribers);
      entries.push({ program, subscribers, pair, perEvent: /** @type {number[]} */ ([]) });
      await measure(pair, Math.max(targetedEvents, subscribers));
    }
  }
  for (let round = 0; round < targetedRounds; round++) {
    for (const { pair, perEvent } of rotate(entries, round)) perEvent.push(await measure(pair, targetedEvents));
  }
  await Promise.all(entries.map(({ pair }) => pair.stop()));

  printTable(
    ["server", "subscribers", "CPU per event"],
    entries.map(({ program, subscribers, perEvent }) => [
      program,
      number(subscribers),
      `${number(median(perEvent))} µs`,
    ]),
  );
  const [few, many, controlFew, controlMany] = entries.map(({ perEvent }) => perEvent);
  return [
    ratioFigure(
      `CPU per targeted event, among ${number(connections)} of among ${number(targetedFew)}`,
      ratioOf(many, few),
      { atMost: 1.5 },
    ),
    ratioFigure("the same of the control, which looks up nothing", ratioOf(controlMany, controlFew)),
  ];
}

/**
 * @param {import("../pair.mjs").Pair} pair
 * @param {number} events
 */
async function measure(pair, events) {
  const before = await pair.cpu();
  await pair.publish({ events, users: pair.readers }, { method: "publishToEach", events, perEvent: 1 });
  return ((await pair.cpu()) - before) / events;
}
