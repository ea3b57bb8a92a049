import assert from "node:assert/strict";
import { COMPARED_SERVERS } from "../compared-servers.mjs";
import { EVENT_BYTES, makeEvent } from "../event.mjs";
import { startServerUnderLoad } from "../processes/server-under-load.mjs";
import { formatNumber, printTable, ratioFigure } from "../report.mjs";
import { alternate, median, ratioOf, rotate } from "../statistics.mjs";

/** @typedef {import("../processes/server-under-load.mjs").ServerUnderLoad} ServerUnderLoad */

/** Minimum time between two events. Each event also waits until the previous one has reached every subscriber. */
const INTERVAL_MS = 40;

/** Number of events before the first measured one, so that code is compiled and caches are filled. */
const WARM_UP_EVENTS = 4;

/**
 * Measures the CPU time per delivery of each server. All servers hold their connections at the same time, and take
 * turns.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ connections, fanoutRounds, fanoutEvents, cpuProfile }) {
  console.log(`${connections} connections, one ${EVENT_BYTES}-byte event per flush, ${fanoutRounds} rounds`);
  /** @type {{ name: string, server: ServerUnderLoad, perDelivery: number[] }[]} */
  const entries = [];
  for (const { name, program, options, connectOptions } of COMPARED_SERVERS) {
    const server = await startServerUnderLoad(program, { ...(options ? { options } : {}), cpuProfile });
    await server.connect(connections, connectOptions);
    if (connectOptions?.compressed) {
      await server.call("publish");
      await server.waitUntilQuiet();
    } else {
      await server.publish();
      checkSample(name, await server.sample());
    }
    await server.publishOneByOne(WARM_UP_EVENTS, INTERVAL_MS);
    entries.push({ name, server, perDelivery: [] });
  }

  const before = await Promise.all(entries.map(({ server }) => server.counts()));
  for (let round = 0; round < fanoutRounds; round++) {
    const order = (/** @type {number} */ event) => rotate(entries, round + event);
    const spent = await measureInTurns(entries, { events: fanoutEvents, order });
    for (const [{ perDelivery }, cpu] of spent) perDelivery.push(cpu / (fanoutEvents * connections));
  }
  const after = await Promise.all(entries.map(({ server }) => server.counts()));
  await Promise.all(entries.map(({ server }) => server.stop()));

  printTable(
    ["server", "CPU per delivery", "bytes per delivery"],
    entries.map(({ name, perDelivery }, index) => [
      name,
      `${formatNumber(median(perDelivery))} µs`,
      formatNumber(bytesPerEvent(before[index], after[index])),
    ]),
  );
  const [control = [], sluice = [], betterSse = [], fastifySse = [], hono = [], compressed = []] = entries.map(
    ({ perDelivery }) => perDelivery,
  );
  return [
    ratioFigure("CPU per delivery, Sluice / control", ratioOf(sluice, control), { atMost: 1.15 }),
    ratioFigure("CPU per delivery, Sluice / better-sse", ratioOf(sluice, betterSse), { atMost: 0.6 }),
    ratioFigure("CPU per delivery, Sluice / @fastify/sse", ratioOf(sluice, fastifySse), { atMost: 0.6 }),
    ratioFigure("CPU per delivery, Sluice / Hono streamSSE", ratioOf(sluice, hono), { atMost: 0.25 }),
    ratioFigure("CPU per delivery, Sluice with compress: true / control", ratioOf(compressed, control)),
    // The control spends the least that a server can. These two ratios show how much room the targets leave.
    ratioFigure("CPU per delivery, control / better-sse", ratioOf(control, betterSse)),
    ratioFigure("CPU per delivery, control / @fastify/sse", ratioOf(control, fastifySse)),
  ];
}

/** @type {import("../against/run-against.mjs").AgainstScenario} */
export const against = {
  figure: "CPU per delivery",
  unit: "µs",
  async measureRound(entries, { connections, fanoutAgainstEvents: events }) {
    /** @type {{ server: ServerUnderLoad }[]} */
    const runs = [];
    for (const entry of entries) {
      const server = await startServerUnderLoad("sluice", { options: { entry } });
      await server.connect(connections);
      runs.push({ server });
    }
    for (const { server } of runs) await server.publishOneByOne(WARM_UP_EVENTS, INTERVAL_MS);
    const spent = await measureInTurns(runs, { events, order: (event) => alternate(runs, event) });
    await Promise.all(runs.map(({ server }) => server.stop()));
    return [...spent.values()].map((cpu) => cpu / (events * connections));
  },
};

/**
 * Publishes `events` events to each server, and returns each server's CPU time in µs, in the order of `runs`. The
 * servers take turns event by event, because the speed of a shared machine changes from moment to moment. The turns of
 * the others also keep the processor's caches from staying warm from a server's own last event.
 * @template {{ server: ServerUnderLoad }} T
 * @param {readonly T[]} runs
 * @param {{ events: number, order: (event: number) => T[] }} options
 * @returns {Promise<Map<T, number>>}
 */
async function measureInTurns(runs, { events, order }) {
  const spent = new Map(runs.map((run) => [run, 0]));
  for (let event = 0; event < events; event++) {
    for (const run of order(event)) {
      const start = await run.server.cpu();
      await run.server.publishOneByOne(1, INTERVAL_MS);
      spent.set(run, (spent.get(run) ?? 0) + (await run.server.cpu()) - start);
    }
  }
  return spent;
}

/** @typedef {{ events: number, bytes: number }} Counts */

/**
 * @param {Counts} [before]
 * @param {Counts} [after]
 */
function bytesPerEvent(before = { events: 0, bytes: 0 }, after = before) {
  return (after.bytes - before.bytes) / (after.events - before.events);
}

/**
 * Throws if a server sent other data than the published event's.
 * @param {string} name
 * @param {string} text
 */
function checkSample(name, text) {
  const data = /^data: ?(.*)$/m.exec(text)?.[1] ?? "null";
  assert.deepEqual(JSON.parse(data), makeEvent(0).data, `${name} sent other data`);
}
