import assert from "node:assert/strict";
import { CONTESTANTS } from "../contestants.mjs";
import { EVENT_BYTES, makeEvent } from "../event.mjs";
import { median, ratioOf, rotate } from "../measure.mjs";
import { startPair } from "../pair.mjs";
import { number, printTable, ratioFigure } from "../report.mjs";

/** One event every so many ms, or when the one before has reached everyone, if that takes longer. */
const INTERVAL_MS = 40;

/** Events before the first measured one, for the compiler and the caches. */
const WARM_UP_EVENTS = 4;

/**
 * CPU time of the server for one delivery, with every server holding its connections and the rounds taken in turn.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ connections, fanoutRounds, fanoutEvents, cpuProfile }) {
  console.log(`${connections} connections, one ${EVENT_BYTES}-byte event per flush, ${fanoutRounds} rounds`);
  const entries = [];
  for (const contestant of CONTESTANTS) {
    const pair = await startPair(contestant.program, { options: contestant.options, cpuProfile });
    await pair.connect(connections, contestant.connecting);
    if (contestant.connecting?.compressed) {
      await pair.ask("publish");
      await pair.settle();
    } else {
      await pair.publish();
      checkSample(contestant.name, await pair.sample());
    }
    await pair.publishInStep(WARM_UP_EVENTS, INTERVAL_MS);
    entries.push({ ...contestant, pair, perDelivery: /** @type {number[]} */ ([]) });
  }

  const before = await Promise.all(entries.map(({ pair }) => pair.counts()));
  for (let round = 0; round < fanoutRounds; round++) {
    const spent = entries.map(() => 0);
    // Event by event in turn, as close in time as can be: a machine that others use is fast and slow by turns. So each
    // also finds the caches as it would beside other work, not warm from its own last event.
    for (let event = 0; event < fanoutEvents; event++) {
      for (const [index, { pair }] of rotate([...entries.entries()], round + event)) {
        const start = await pair.cpu();
        await pair.publishInStep(1, INTERVAL_MS);
        spent[index] += (await pair.cpu()) - start;
      }
    }
    for (const [index, { perDelivery }] of entries.entries()) {
      perDelivery.push(spent[index] / (fanoutEvents * connections));
    }
  }
  const after = await Promise.all(entries.map(({ pair }) => pair.counts()));
  await Promise.all(entries.map(({ pair }) => pair.stop()));

  printTable(
    ["server", "CPU per delivery", "bytes per delivery"],
    entries.map(({ name, perDelivery }, index) => [
      name,
      `${number(median(perDelivery))} µs`,
      number((after[index].bytes - before[index].bytes) / (after[index].events - before[index].events)),
    ]),
  );
  const [control, sluice, betterSse, fastifySse, hono, compressed] = entries.map(({ perDelivery }) => perDelivery);
  return [
    ratioFigure("CPU per delivery, of the control's", ratioOf(sluice, control), { atMost: 1.15 }),
    ratioFigure("CPU per delivery, of better-sse's", ratioOf(sluice, betterSse), { atMost: 0.6 }),
    ratioFigure("CPU per delivery, of @fastify/sse's", ratioOf(sluice, fastifySse), { atMost: 0.6 }),
    ratioFigure("CPU per delivery, of Hono streamSSE's", ratioOf(sluice, hono), { atMost: 0.25 }),
    ratioFigure("CPU per delivery with compress: true, of the control's", ratioOf(compressed, control)),
    // What the targets above ask of a server, seen from the least that any can spend.
    ratioFigure("the control's CPU per delivery, of better-sse's", ratioOf(control, betterSse)),
    ratioFigure("the control's CPU per delivery, of @fastify/sse's", ratioOf(control, fastifySse)),
  ];
}

/**
 * What arrived is the event that was published.
 * @param {string} name
 * @param {string} text
 */
function checkSample(name, text) {
  const data = /^data: ?(.*)$/m.exec(text)?.[1] ?? "null";
  assert.deepEqual(JSON.parse(data), makeEvent(0).data, `${name} sent another event`);
}
