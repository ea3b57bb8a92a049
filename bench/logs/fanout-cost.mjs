import { startChild } from "../children.mjs";
import { median, ratioOf, rotate } from "../measure.mjs";
import { startPair } from "../pair.mjs";
import { number, printTable, ratioFigure } from "../report.mjs";
import { startStore } from "./store.mjs";

/** One event every so many ms, or when the one before has reached everyone, if that takes longer. */
const INTERVAL_MS = 40;

/** Events before the first measured one, for the compiler and the caches. */
const WARM_UP_EVENTS = 40;

const ROUNDS = 15;
const EVENTS_PER_ROUND = 3;

/**
 * CPU time of a node for one delivery, when the events come from another node through the log; the memory log's node publishes them itself.
 * @param {import("./store.mjs").Kind[]} kinds
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function measureFanoutCost(kinds, { logsConnections, quick, cpuProfile }) {
  const entries = [];
  for (const kind of [undefined, ...kinds]) {
    const store = kind === undefined ? undefined : await startStore(kind);
    const options = { log: store?.log };
    const pair = await startPair("log-node", { options, cpuProfile });
    const publisher = store && (await startChild("servers/log-node.mjs", { cpu: "load", options }));
    await pair.connect(logsConnections);
    const name = kind === undefined ? "memory" : `${kind}Log`;
    entries.push({ name, store, pair, publisher, perDelivery: /** @type {number[]} */ ([]) });
  }
  for (let event = 0; event < (quick ? 3 : WARM_UP_EVENTS); event++) {
    for (const entry of entries) await publish(entry);
  }
  for (let round = 0; round < (quick ? 2 : ROUNDS); round++) {
    const spent = entries.map(() => 0);
    for (let event = 0; event < EVENTS_PER_ROUND; event++) {
      for (const [index, entry] of rotate([...entries.entries()], round + event)) {
        const start = await entry.pair.cpu();
        await publish(entry);
        spent[index] += (await entry.pair.cpu()) - start;
      }
    }
    for (const [index, { perDelivery }] of entries.entries()) {
      perDelivery.push(spent[index] / (EVENTS_PER_ROUND * logsConnections));
    }
  }
  for (const { pair, publisher, store } of entries) {
    await pair.stop();
    await publisher?.stop();
    await store?.stop();
  }

  printTable(
    ["node", "CPU per delivery"],
    entries.map(({ name, perDelivery }) => [name, `${number(median(perDelivery))} µs`]),
  );
  const [memory, ...logs] = entries;
  return logs.map(({ name, perDelivery }) =>
    ratioFigure(`${name}: CPU per delivery, of the memory log's`, ratioOf(perDelivery, memory.perDelivery), {
      atMost: 1.1,
    }),
  );
}

/**
 * Resolves when every subscriber has the event.
 * @param {{ pair: import("../pair.mjs").Pair, publisher: import("../children.mjs").Child | undefined }} entry
 */
async function publish({ pair, publisher }) {
  const next = new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  if (publisher === undefined) await pair.publish();
  else {
    pair.expectMore(pair.readers);
    await publisher.call("publish");
    await pair.arrived();
  }
  await next;
}
