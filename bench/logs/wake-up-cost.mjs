import { startChild } from "../processes/start-child.mjs";
import { formatNumber, printTable, ratioFigure } from "../report.mjs";
import { median, ratioOf, rotate } from "../statistics.mjs";
import { startStore } from "./store.mjs";

/** Numbers of open channels to compare. */
const FEW = 10;
const MANY = 1_000;

const PER_SECOND = 200;

/**
 * Measures the CPU time of a node while another node publishes to the channels that both have open. An event is for one
 * channel, so the other channels must cost nothing.
 * @param {import("./store.mjs").Kind} kind
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function measureWakeUpCost(kind, { logsRounds, logsWakeUpEvents, cpuProfile }) {
  const clusters = [];
  for (const channels of [FEW, MANY]) {
    const store = await startStore(kind);
    const options = { log: store.log, channels };
    const publisher = await startChild("servers/sluice-channels.mjs", { side: "load", options });
    const node = await startChild("servers/sluice-channels.mjs", { options, cpuProfile });
    clusters.push({ channels, store, publisher, node, perEvent: /** @type {number[]} */ ([]) });
  }
  // The additional first round does not count: it lets the code be compiled.
  for (let round = 0; round <= logsRounds; round++) {
    for (const { publisher, node, perEvent } of rotate(clusters, round)) {
      const before = await node.call("cpu");
      await publisher.call("publishInTurn", { events: logsWakeUpEvents, perSecond: PER_SECOND });
      const spent = (await node.call("cpu")) - before;
      if (round > 0) perEvent.push(spent / logsWakeUpEvents);
    }
  }
  for (const { channels, store, publisher, node } of clusters) {
    const [known, published] = [await node.call("known"), (logsRounds + 1) * logsWakeUpEvents];
    if (known !== published) throw new Error(`a node with ${channels} channels knows ${known} of ${published} events`);
    await node.stop();
    await publisher.stop();
    await store.stop();
  }

  printTable(
    ["open channels of a node", `CPU per event of another node, ${PER_SECOND} events/s`],
    clusters.map(({ channels, perEvent }) => [
      `${kind}Log, ${formatNumber(channels)}`,
      `${formatNumber(median(perEvent))} µs`,
    ]),
  );
  const [few, many] = clusters;
  return [
    ratioFigure(
      `${kind}Log: CPU per event of another node, ${formatNumber(MANY)} open channels / ${FEW}`,
      ratioOf(many?.perEvent ?? [], few?.perEvent ?? []),
      { atMost: 1.5 },
    ),
  ];
}
