import { startChild } from "../children.mjs";
import { number, printTable } from "../report.mjs";
import { within } from "../timeout.mjs";
import { percentile } from "./publish-to-received.mjs";
import { startStore } from "./store.mjs";

const MEBIBYTE = 1_048_576;
const TIMEOUT_MS = 120_000;

/** Published meanwhile on the other node, for the subscriber that is live. */
const LIVE_PER_SECOND = 100;
const LIVE_EVENTS_AT_ONCE = 50;

/**
 * What a replay may let the process grow by, however many events it has: much less than they would take. Most of it is garbage that is not
 * collected yet.
 */
const MOST_GROWTH_MEBIBYTES = 128;

/** All of them are kept. JetStream reserves as many bytes on its disk. */
const RETAIN = { events: 10_000_000, bytes: 4 * 1_024 * MEBIBYTE };

/**
 * A subscriber of node B has missed many events, and gets all of them from the log, each once and in order, while another one of the same
 * node stays live. Node B is new: nothing of it is in its memory.
 * @param {import("./store.mjs").Kind} kind
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function measureReplay(kind, { logsReplayEvents, logsReplayServerEvents, cpuProfile }) {
  const events = kind === "lmdb" ? logsReplayEvents : logsReplayServerEvents;
  const store = await startStore(kind);
  const options = { log: store.log, retain: RETAIN };
  const a = await startChild("servers/log-node.mjs", { cpu: "load", options });
  const load = await startChild("load/receivers.mjs", { cpu: "load" });
  // The first is the one that was seen; the last event is followed by those that are published meanwhile.
  const { firstId } = await a.call("publishNumbered", { first: 0, events: events + 1 });

  const b = await startChild("servers/log-node.mjs", { options, cpuProfile });
  const port = await b.call("listen");
  const live = await load.call("subscribe", { port });
  let published = events + 1;
  const publishSome = async () => {
    await a.call("publishTimed", { first: published, events: LIVE_EVENTS_AT_ONCE, perSecond: LIVE_PER_SECOND });
    published += LIVE_EVENTS_AT_ONCE;
  };
  await publishSome();
  await load.call("reach", { receiver: live, number: published - 1 });
  const before = await load.call("look", { receiver: live });

  const memory = await b.call("watchMemory");
  const start = performance.now();
  const late = await load.call("subscribe", { port, lastEventId: firstId });
  let isReplayed = false;
  const replayed = load.call("reach", { receiver: late, number: events }).then(() => {
    isReplayed = true;
    return (performance.now() - start) / 1_000;
  });
  do await publishSome();
  while (!isReplayed && performance.now() - start < TIMEOUT_MS);
  const seconds = await within(replayed, 1, `refused: ${kind}Log did not replay all events in ${TIMEOUT_MS / 1_000} s`);
  const ends = [late, live].map((receiver) => load.call("reach", { receiver, number: published - 1 }));
  await within(Promise.all(ends), TIMEOUT_MS, `refused: what was published meanwhile did not come`);
  const growth = ((await b.call("mostMemory")) - memory) / MEBIBYTE;
  const seen = await load.call("look", { receiver: late });
  const seenLive = await load.call("look", { receiver: live });
  for (const child of [a, b, load]) await child.stop();
  await store.stop();

  const missed = published - 1;
  const isComplete = seen.count === missed && seen.wrong === 0 && before.wrong + seenLive.wrong === 0;
  printTable(
    [`${kind}Log`, "replayed", "memory grew by", "live one's delay p50", "p99", "most"],
    [
      [
        `${number(events)} events behind`,
        `${number(events / seconds)} events/s`,
        `${number(growth)} MiB`,
        ...[50, 99, 100].map((percent) => `${number(percentile(seenLive.delays, percent))} ms`),
      ],
    ],
  );
  return [
    {
      figure: `${kind}Log: events replayed, each once and in order`,
      measured: isComplete ? events : 0,
      target: { atLeast: events },
    },
    { figure: `${kind}Log: events replayed to one subscriber per second`, measured: events / seconds },
    {
      figure: `${kind}Log: growth of the node's memory meanwhile`,
      measured: growth,
      target: { atMost: MOST_GROWTH_MEBIBYTES },
      unit: "MiB",
    },
    {
      figure: `${kind}Log: delay of a live subscriber meanwhile, p99`,
      measured: percentile(seenLive.delays, 99),
      unit: "ms",
    },
  ];
}
