import { setTimeout as sleep } from "node:timers/promises";
import { startServerUnderLoad } from "../processes/server-under-load.mjs";
import { startChild } from "../processes/start-child.mjs";
import { formatNumber, printTable, ratioFigure } from "../report.mjs";
import { median, ratioOf, rotate } from "../statistics.mjs";
import { startStore } from "./store.mjs";

/** Minimum time between two events. Each event also waits until the previous one has reached every subscriber. */
const INTERVAL_MS = 40;

/** Number of events before the first measurement, so that code is compiled and caches are filled. */
const WARM_UP_EVENTS = 40;

const ROUNDS = 15;
const EVENTS_PER_ROUND = 3;

/**
 * Measures a node's CPU time per delivery when another node publishes through the log. The memory log cannot be shared,
 * so its node publishes the events itself.
 * @param {readonly import("./store.mjs").Kind[]} kinds
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function measureFanoutCost(kinds, { logsConnections, quick, cpuProfile }) {
  const entries = [];
  for (const kind of [undefined, ...kinds]) {
    const store = kind === undefined ? undefined : await startStore(kind);
    const options = { log: store?.log };
    const node = await startServerUnderLoad("sluice-node", { options, cpuProfile });
    const publisher = store && (await startChild("servers/sluice-node.mjs", { side: "load", options }));
    await node.connect(logsConnections);
    const name = kind === undefined ? "memory" : `${kind}Log`;
    entries.push({ name, store, node, publisher, perDelivery: /** @type {number[]} */ ([]) });
  }
  for (let event = 0; event < (quick ? 3 : WARM_UP_EVENTS); event++) {
    for (const entry of entries) await publish(entry);
  }
  for (let round = 0; round < (quick ? 2 : ROUNDS); round++) {
    const spent = new Map(entries.map((entry) => [entry, 0]));
    for (let event = 0; event < EVENTS_PER_ROUND; event++) {
      for (const entry of rotate(entries, round + event)) {
        const start = await entry.node.cpu();
        await publish(entry);
        spent.set(entry, (spent.get(entry) ?? 0) + (await entry.node.cpu()) - start);
      }
    }
    for (const [{ perDelivery }, cpu] of spent) perDelivery.push(cpu / (EVENTS_PER_ROUND * logsConnections));
  }
  for (const { node, publisher, store } of entries) {
    await node.stop();
    await publisher?.stop();
    await store?.stop();
  }

  printTable(
    ["node", "CPU per delivery"],
    entries.map(({ name, perDelivery }) => [name, `${formatNumber(median(perDelivery))} µs`]),
  );
  const [memory, ...logs] = entries;
  return logs.map(({ name, perDelivery }) =>
    ratioFigure(`${name}: CPU per delivery / memory log`, ratioOf(perDelivery, memory?.perDelivery ?? []), {
      atMost: 1.1,
    }),
  );
}

/**
 * Publishes one event. Resolves when every subscriber has it and the interval has passed.
 * @param {object} entry
 * @param {import("../processes/server-under-load.mjs").ServerUnderLoad} entry.node
 * @param {import("../processes/start-child.mjs").Child | undefined} entry.publisher
 */
async function publish({ node, publisher }) {
  const interval = sleep(INTERVAL_MS);
  if (publisher === undefined) await node.publish();
  else {
    node.expectDeliveries(node.readers);
    await publisher.call("publish");
    await node.waitForDeliveries();
  }
  await interval;
}
