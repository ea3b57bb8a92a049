import { startChild } from "../children.mjs";
import { median, ratioOf, rotate } from "../measure.mjs";
import { number, printTable, ratioFigure } from "../report.mjs";
import { within } from "../timeout.mjs";
import { startStore } from "./store.mjs";

const PER_SECOND = 250;
const TIMEOUT_MS = 30_000;

/** Rounds, each of which takes the logs in turn. */
const ROUNDS = 4;

/**
 * From `publish` on node A until a subscriber of node B has the event, over HTTP; on the memory log A is B. The machine is idle otherwise.
 * @param {import("./store.mjs").Kind[]} kinds
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function measurePublishToReceived(kinds, { logsTimedEvents, cpuProfile }) {
  const load = await startChild("load/receivers.mjs", { cpu: "load" });
  const clusters = [];
  for (const kind of [undefined, ...kinds]) {
    const store = kind === undefined ? undefined : await startStore(kind);
    const options = { log: store?.log };
    const b = await startChild("servers/log-node.mjs", { options, cpuProfile });
    const a = store === undefined ? b : await startChild("servers/log-node.mjs", { options, cpuProfile });
    const receiver = await load.call("subscribe", { port: await b.call("listen") });
    const delays = /** @type {number[][]} */ ([]);
    clusters.push({ name: kind === undefined ? "memory, one node" : `${kind}Log`, store, a, b, receiver, delays });
  }
  // One round more, the first, which does not count: for the compiler.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { name, a, receiver, delays } of rotate(clusters, round)) {
      const first = round * logsTimedEvents;
      const all = load.call("reach", { receiver, number: first + logsTimedEvents - 1 });
      await a.call("publishTimed", { first, events: logsTimedEvents, perSecond: PER_SECOND });
      await within(all, TIMEOUT_MS, `refused: ${name} did not bring all events`);
      const seen = await load.call("look", { receiver });
      if (seen.count !== logsTimedEvents || seen.wrong > 0)
        throw new Error(`refused: ${name} did not bring each event once`);
      if (round > 0) delays.push(seen.delays);
    }
  }
  for (const { a, b, store } of clusters) {
    await a.stop();
    await b.stop();
    await store?.stop();
  }
  await load.stop();

  printTable(
    ["publish on one node to received on another", "p50", "p99", "most"],
    clusters.map(({ name, delays }) => {
      const all = delays.flat();
      return [
        name,
        `${number(percentile(all, 50))} ms`,
        `${number(percentile(all, 99))} ms`,
        `${number(percentile(all, 100))} ms`,
      ];
    }),
  );
  const [memory, ...logs] = clusters;
  return logs.flatMap(({ name, delays }) => [
    ...[50, 99].map((percent) => ({
      figure: `${name}: publish on node A to received on node B, p${percent}`,
      measured: percentile(delays.flat(), percent),
      spread: spreadOf(delays.map((round) => percentile(round, percent))),
      unit: "ms",
    })),
    ratioFigure(
      `${name}: p50 of that, of the memory log's in one process`,
      ratioOf(delays.map(median), memory.delays.map(median)),
    ),
  ]);
}

/**
 * @param {number[]} values
 * @param {number} percent
 */
export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

/** @param {number[]} values */
function spreadOf(values) {
  return { least: Math.min(...values), most: Math.max(...values) };
}
