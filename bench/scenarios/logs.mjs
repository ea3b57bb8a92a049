import { measureFanoutCost } from "../logs/fanout-cost.mjs";
import { measurePublishRate } from "../logs/publish-rate.mjs";
import { measurePublishToReceived } from "../logs/publish-to-received.mjs";
import { measureReplay } from "../logs/replay.mjs";
import { availableKinds } from "../logs/store.mjs";
import { measureWakeUpCost } from "../logs/wake-up-cost.mjs";

/**
 * Measures the cost of the logs that several processes share: publish rate, delay between nodes, delivery, wake-ups,
 * replay.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run(settings) {
  const kinds = availableKinds();
  const figures = [];
  for (const kind of kinds) figures.push(...(await measurePublishRate(kind, settings)));
  figures.push(...(await measurePublishToReceived(kinds, settings)));
  figures.push(...(await measureFanoutCost(kinds, settings)));
  figures.push(...(await measureWakeUpCost("lmdb", settings)));
  for (const kind of kinds) figures.push(...(await measureReplay(kind, settings)));
  return figures;
}
