import { storeFootprint } from "../channels/store-footprint.mjs";
import { availableKinds, startStore } from "../logs/store.mjs";
import { startChild } from "../processes/start-child.mjs";
import { formatNumber, printTable } from "../report.mjs";
import { percentile } from "../statistics.mjs";

const KIBIBYTE = 1_024;
const MEBIBYTE = KIBIBYTE * KIBIBYTE;
const PROGRAM = "channels/serve-channels.mjs";
/** Time after which the last event has certainly arrived, in ms. */
const ARRIVAL_MS = 3_000;
/** Time in which the work of opening channels ends, in ms. */
const SETTLING_MS = 3_000;
/** Memory after the last round, over memory after the first. */
const MAX_GROWTH = 1.25;

/** @typedef {import("../logs/store.mjs").Kind} Kind */

/**
 * Measures the cost of a channel, on each log: many channels made, used once and closed, in rounds; then deleted; and
 * many open ones with a subscriber each.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run(settings) {
  const { channelsLogs: wanted } = settings;
  /** @type {("memory" | Kind)[]} */
  const available = ["memory", ...availableKinds()];
  const kinds = available.filter((kind) => wanted === undefined || wanted.includes(kind));
  const figures = [];
  for (const kind of kinds) figures.push(...(await measureLives(kind, settings)));
  for (const kind of kinds) await measureOpen(kind, settings);
  return figures;
}

/**
 * @param {"memory" | Kind} kind
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
async function measureLives(kind, { channelsMade, channelsRounds }) {
  const count = channelsMade[kind];
  const store = kind === "memory" ? undefined : await startStore(kind);
  const node = await startChild(PROGRAM, { options: { log: store?.log } });
  const empty = await node.call("memory");
  const rows = [];
  const closed = [];
  let calls = "";
  for (let round = 1; round <= channelsRounds; round++) {
    const used = await node.call("use", { count });
    const open = (await node.call("memory")) - empty;
    if (round === 1) calls = await node.call("figures");
    const closing = await node.call("close", { count });
    closed.push((await node.call("memory")) - empty);
    rows.push([
      `round ${round}`,
      ms(used.all, count),
      tenths(used, count),
      kibibytes(open, count),
      ms(closing.all, count),
      mebibytes(closed.at(-1)),
    ]);
  }
  const full = await storeFootprint(store);
  const deleting = await node.call("delete", { count });
  const afterDelete = (await node.call("memory")) - empty;
  rows.push(["deleted", ms(deleting.all, count), tenths(deleting, count), "", "", mebibytes(afterDelete)]);
  printTable(
    [
      `${kind}Log, ${formatNumber(count)} channels`,
      "each",
      "first and last tenth",
      "memory open, each",
      "closing, each",
      "closed, all",
    ],
    rows,
  );
  console.log(`with ${formatNumber(count)} open channels: ${calls}`);
  if (store !== undefined) console.log(`the store: ${full}; after deleting them: ${await storeFootprint(store)}`);
  await node.call("end");
  await node.stop();
  await store?.stop();
  // The events of the memory log count with each round, so only the other logs must stay flat.
  if (kind === "memory" || closed.length < 2) return [];
  const [first = 0] = closed;
  const growth = (empty + (closed.at(-1) ?? 0)) / (empty + first);
  return [
    {
      figure: `${kind}Log: memory after closing, last round over first`,
      measured: growth,
      target: { atMost: MAX_GROWTH },
    },
  ];
}

/**
 * @param {"memory" | Kind} kind
 * @param {import("../settings.mjs").Settings} settings
 */
async function measureOpen(kind, { channelsOpen, channelsRate: perSecond, channelsSeconds: seconds }) {
  const count = channelsOpen[kind];
  const store = kind === "memory" ? undefined : await startStore(kind);
  const node = await startChild(PROGRAM, { options: { log: store?.log } });
  const empty = await node.call("memory");
  const opening = await node.call("subscribe", { count });
  const open = (await node.call("memory")) - empty;
  await pause(SETTLING_MS);
  const idleCpu = await cpuOf(node, () => pause(seconds * 1_000));
  const publisher =
    store === undefined ? node : await startChild(PROGRAM, { side: "load", options: { log: store.log } });
  if (publisher !== node) await publisher.call("open", { count });
  await pause(SETTLING_MS);
  let sent = 0;
  const cpu = await cpuOf(node, async () => {
    sent = await publisher.call("publish", { count, perSecond, seconds });
    await pause(ARRIVAL_MS);
  });
  const delays = await node.call("takeDelays");
  const [p50, p99] = [50, 99].map((percent) => `${formatNumber(percentile(delays, percent))} ms`);
  printTable(
    [
      `${kind}Log, one subscriber each`,
      "open",
      "opening, each",
      "memory, each",
      "CPU idle",
      "CPU busy",
      "sent",
      "received",
      "p50",
      "p99",
    ],
    [
      [
        "",
        formatNumber(count),
        ms(opening.all, count),
        kibibytes(open, count),
        percent(idleCpu, seconds),
        percent(cpu, seconds),
        formatNumber(sent),
        formatNumber(delays.length),
        p50 ?? "",
        p99 ?? "",
      ],
    ],
  );
  if (publisher !== node) await publisher.stop();
  await node.stop();
  await store?.stop();
}

/**
 * Returns the CPU time that a process takes meanwhile, in ms.
 * @param {import("../processes/start-child.mjs").Child} node
 * @param {() => Promise<unknown>} work
 */
async function cpuOf(node, work) {
  const before = await node.call("cpu");
  await work();
  return (await node.call("cpu")) - before;
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** @param {number} total @param {number} count */
const ms = (total, count) => `${formatNumber(total / count)} ms`;
/**
 * Shows whether an operation takes longer the more channels there are.
 * @param {{ firstTenth: number, lastTenth: number }} times
 * @param {number} count
 */
const tenths = ({ firstTenth, lastTenth }, count) => {
  const tenth = Math.max(1, Math.floor(count / 10));
  return `${ms(firstTenth, tenth)}, ${ms(lastTenth, tenth)}`;
};
/** @param {number} bytes @param {number} count */
const kibibytes = (bytes, count) => `${formatNumber(bytes / count / KIBIBYTE)} KiB`;
/** @param {number} [bytes] */
const mebibytes = (bytes = 0) => `${formatNumber(bytes / MEBIBYTE)} MiB`;
/** @param {number} cpuMs @param {number} seconds */
const percent = (cpuMs, seconds) => `${formatNumber(cpuMs / seconds / 10)} %`;
