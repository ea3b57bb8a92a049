import { createSluice } from "sluice";
import { openLog } from "../logs/open-log.mjs";
import { answerCalls } from "../processes/answer-calls.mjs";
import { formatNumber } from "../report.mjs";

/** Opens, uses, closes and deletes channels. The argument: `{ log }`, as for `openLog`. */
const { log: logSettings } = JSON.parse(process.argv[2] ?? "{}");
const log = await openLog(logSettings);
const sluice = createSluice({ ...(log && { log }) });

/** Operations in flight. */
const CONCURRENCY = 512;
const DATA = { text: "x".repeat(200) };

/**
 * The retention of a channel: small, as befits one document. JetStream reserves ¾ of `bytes` for each channel, so with
 * the default of 16 MiB a server has room for some thousand channels only.
 */
const RETAIN = { bytes: 64 * 1_024 };

/** @param {number} i */
const channelOf = (i) => sluice.channel(`doc:${i}`, { retain: RETAIN });

/**
 * Calls `work` for each number below `count`, some at a time. Returns the time of all calls, and of the first and last
 * tenth of them, in ms.
 * @param {number} count
 * @param {(i: number) => Promise<unknown>} work
 */
async function each(count, work) {
  const start = performance.now();
  let next = 0;
  /** @type {number[]} */
  const ends = [];
  const worker = async () => {
    for (let i = next++; i < count; i = next++) {
      await work(i);
      ends.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const [all = 0] = ends.slice(-1);
  const tenth = Math.max(1, Math.floor(count / 10));
  return { all, firstTenth: ends[tenth - 1] ?? all, lastTenth: all - (ends[count - tenth - 1] ?? 0) };
}

/** Bytes of the heap and of buffers in use. */
async function memory() {
  for (let i = 0; i < 4; i++) {
    global.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** @type {AsyncGenerator<any>[]} */
const iterations = [];
/** @type {number[]} */
let delays = [];

/**
 * Returns the time of one call, in ms: the median of five.
 * @param {() => unknown} call
 */
function timeOf(call) {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
  return formatNumber(/** @type {number} */ (times.sort((a, b) => a - b)[2]));
}

answerCalls({
  memory,
  figures: () => `stats() ${timeOf(() => sluice.stats())} ms, health() ${timeOf(() => sluice.health())} ms`,
  /** @param {{ count: number }} params */
  use: ({ count }) =>
    each(count, async (i) => {
      const channel = channelOf(i);
      await channel.publish("n", DATA);
      await channel.history({ limit: 1 });
    }),
  /** @param {{ count: number }} params */
  open: ({ count }) => each(count, (i) => channelOf(i).position()),
  /** @param {{ count: number }} params */
  close: ({ count }) => each(count, (i) => channelOf(i).close()),
  /** @param {{ count: number }} params */
  delete: ({ count }) => each(count, (i) => channelOf(i).delete()),
  /** @param {{ count: number }} params */
  subscribe: ({ count }) =>
    each(count, async (i) => {
      const channel = channelOf(i);
      await channel.position();
      const iteration = channel.subscribe()[Symbol.asyncIterator]();
      iterations.push(iteration);
      const follow = async () => {
        for await (const { data } of /** @type {AsyncGenerator<any>} */ (iteration)) {
          if (data.at) delays.push(performance.timeOrigin + performance.now() - data.at);
        }
      };
      follow().catch((error) => console.error(error));
    }),
  /** Publishes to random channels, at a rate. @param {{ count: number, perSecond: number, seconds: number }} params */
  publish: async ({ count, perSecond, seconds }) => {
    const start = performance.now();
    /** @type {Promise<unknown>[]} */
    const published = [];
    for (let sent = 0; performance.now() - start < seconds * 1_000; ) {
      const due = ((performance.now() - start) / 1_000) * perSecond;
      for (; sent < due; sent++) {
        const at = performance.timeOrigin + performance.now();
        published.push(channelOf(Math.floor(Math.random() * count)).publish("n", { at }));
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(published);
    return published.length;
  },
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  takeDelays: () => {
    const taken = delays.sort((a, b) => a - b);
    delays = [];
    return taken;
  },
  end: async () => {
    for (const iteration of iterations.splice(0)) await iteration.return(undefined);
    await sluice.close();
  },
});
