import { startChild } from "../processes/start-child.mjs";
import { withTimeout } from "../processes/with-timeout.mjs";
import { formatNumber, printTable, ratioFigure } from "../report.mjs";
import { median, percentile, ratioOf, rotate, spreadOf } from "../statistics.mjs";
import { startStore } from "./store.mjs";

const PER_SECOND = 250;
const TIMEOUT_MS = 30_000;

/** In each round, the logs take turns. */
const ROUNDS = 4;

/**
 * Measures the delay from `publish` on node A until a subscriber of node B has the event over HTTP. With the memory
 * log, A and B are the same node. The machine has nothing else to do.
 * @param {readonly import("./store.mjs").Kind[]} kinds
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function measurePublishToReceived(kinds, { logsTimedEvents, cpuProfile }) {
  const load = await startChild("load/parsing-subscribers.mjs", { side: "load" });
  const clusters = [];
  for (const kind of [undefined, ...kinds]) {
    const store = kind === undefined ? undefined : await startStore(kind);
    const options = { log: store?.log };
    const nodeB = await startChild("servers/sluice-node.mjs", { options, cpuProfile });
    const nodeA = store === undefined ? nodeB : await startChild("servers/sluice-node.mjs", { options, cpuProfile });
    const subscriber = await load.call("subscribe", { port: await nodeB.call("listen") });
    const delays = /** @type {number[][]} */ ([]);
    const name = kind === undefined ? "memory, one node" : `${kind}Log`;
    clusters.push({ name, store, nodeA, nodeB, subscriber, delays });
  }
  // The additional first round does not count: it lets the code be compiled.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { name, nodeA, subscriber, delays } of rotate(clusters, round)) {
      const first = round * logsTimedEvents;
      const all = load.call("reach", { subscriber, number: first + logsTimedEvents - 1 });
      await nodeA.call("publishTimed", { first, events: logsTimedEvents, perSecond: PER_SECOND });
      await withTimeout(all, TIMEOUT_MS, `${name} did not deliver all events`);
      const results = await load.call("takeResults", { subscriber });
      if (results.count !== logsTimedEvents || results.wrong > 0) {
        throw new Error(`${name} did not deliver each event once and in order`);
      }
      if (round > 0) delays.push(results.delays);
    }
  }
  for (const { nodeA, nodeB, store } of clusters) {
    await nodeA.stop();
    await nodeB.stop();
    await store?.stop();
  }
  await load.stop();

  printTable(
    ["publish on node A to received on node B", "p50", "p99", "most"],
    clusters.map(({ name, delays }) => {
      const all = delays.flat();
      return [name, ...[50, 99, 100].map((percent) => `${formatNumber(percentile(all, percent))} ms`)];
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
      `${name}: p50 of that delay / memory log in one process`,
      ratioOf(delays.map(median), memory?.delays.map(median) ?? []),
    ),
  ]);
}
