import { startChild } from "../processes/start-child.mjs";
import { withTimeout } from "../processes/with-timeout.mjs";
import { formatNumber, printTable } from "../report.mjs";
import { percentile } from "../statistics.mjs";
import { startStore } from "./store.mjs";

const MEBIBYTE = 1_048_576;
const TIMEOUT_MS = 120_000;

/** During the replay, node A publishes at this rate for the live subscriber. */
const LIVE_PER_SECOND = 100;
const LIVE_EVENTS_AT_ONCE = 50;

/**
 * Limit for the growth of the process's memory during a replay. It does not depend on the number of events, and is far
 * below their size. Most of the growth is garbage that is not collected yet.
 */
const MAX_GROWTH_MEBIBYTES = 128;

/** Keeps all events. JetStream reserves all of `bytes` on its disk. */
const RETAIN = { events: 10_000_000, bytes: 4 * 1_024 * MEBIBYTE };

/**
 * Measures a replay. One subscriber of node B has missed many events, and must receive each once and in order while
 * another subscriber of the same node stays live. Node B has just started, so its window does not have the events.
 * @param {import("./store.mjs").Kind} kind
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function measureReplay(kind, { logsReplayEvents, logsReplayServerEvents, cpuProfile }) {
  const events = kind === "lmdb" ? logsReplayEvents : logsReplayServerEvents;
  const store = await startStore(kind);
  const options = { log: store.log, retain: RETAIN };
  const nodeA = await startChild("servers/sluice-node.mjs", { side: "load", options });
  const load = await startChild("load/parsing-subscribers.mjs", { side: "load" });
  // The lagging subscriber has received event 0, and misses events 1 to `events`.
  const { firstId } = await nodeA.call("publishNumbered", { first: 0, events: events + 1 });

  const nodeB = await startChild("servers/sluice-node.mjs", { options, cpuProfile });
  const port = await nodeB.call("listen");
  const live = await load.call("subscribe", { port });
  let published = events + 1;
  const publishSome = async () => {
    await nodeA.call("publishTimed", { first: published, events: LIVE_EVENTS_AT_ONCE, perSecond: LIVE_PER_SECOND });
    published += LIVE_EVENTS_AT_ONCE;
  };
  await publishSome();
  await load.call("reach", { subscriber: live, number: published - 1 });
  const before = await load.call("takeResults", { subscriber: live });

  const memory = await nodeB.call("watchMemory");
  const start = performance.now();
  const lagging = await load.call("subscribe", { port, lastEventId: firstId });
  let isReplayed = false;
  const replayed = load.call("reach", { subscriber: lagging, number: events }).then(() => {
    isReplayed = true;
    return (performance.now() - start) / 1_000;
  });
  do await publishSome();
  while (!isReplayed && performance.now() - start < TIMEOUT_MS);
  const timeout = `${kind}Log did not replay all events in ${TIMEOUT_MS / 1_000} s`;
  const seconds = await withTimeout(replayed, 1, timeout);
  const ends = [lagging, live].map((subscriber) => load.call("reach", { subscriber, number: published - 1 }));
  await withTimeout(Promise.all(ends), TIMEOUT_MS, "the events published during the replay did not arrive");
  const growth = ((await nodeB.call("peakMemory")) - memory) / MEBIBYTE;
  const laggingResults = await load.call("takeResults", { subscriber: lagging });
  const liveResults = await load.call("takeResults", { subscriber: live });
  for (const child of [nodeA, nodeB, load]) await child.stop();
  await store.stop();

  const missed = published - 1;
  const wrong = laggingResults.wrong + before.wrong + liveResults.wrong;
  printTable(
    [`${kind}Log`, "replayed", "memory grew by", "live subscriber's delay p50", "p99", "max"],
    [
      [
        `${formatNumber(events)} events behind`,
        `${formatNumber(events / seconds)} events/s`,
        `${formatNumber(growth)} MiB`,
        ...[50, 99, 100].map((percent) => `${formatNumber(percentile(liveResults.delays, percent))} ms`),
      ],
    ],
  );
  return [
    {
      figure: `${kind}Log: events replayed, each once and in order`,
      measured: laggingResults.count === missed && wrong === 0 ? events : 0,
      target: { atLeast: events },
    },
    { figure: `${kind}Log: events replayed to one subscriber per second`, measured: events / seconds },
    {
      figure: `${kind}Log: growth of the node's memory during the replay`,
      measured: growth,
      target: { atMost: MAX_GROWTH_MEBIBYTES },
      unit: "MiB",
    },
    {
      figure: `${kind}Log: delay of a live subscriber during the replay, p99`,
      measured: percentile(liveResults.delays, 99),
      unit: "ms",
    },
  ];
}
