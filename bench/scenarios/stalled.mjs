import { startServerUnderLoad } from "../processes/server-under-load.mjs";
import { formatNumber, printTable } from "../report.mjs";

const MEBIBYTE = 1_048_576;
const KIBIBYTE = 1_024;

/** Sluice's default. It is set explicitly because the targets are stated in high-water marks. */
const HIGH_WATER_MARK = 64 * KIBIBYTE;

const EVENT_BYTES = 1_024;
const EVENTS_PER_TURN = 16;
const TURNS_PER_STEP = 64;
const STEP_BYTES = EVENT_BYTES * EVENTS_PER_TURN * TURNS_PER_STEP;

/** Published before the memory is first measured, so that the window and the log have reached their limits. */
const FILL_BYTES = 24 * MEBIBYTE;

/**
 * Number of stalled subscribers. Two garbage collections differ by about 100 KiB, more than one stalled subscriber may
 * cost. The growth is therefore divided among several, each with other bytes waiting.
 */
const STALLED = 20;

/**
 * Measures the cost of subscribers that never read, while much is published to them and to live ones. Returns two
 * figures: the most bytes that waited for one of them, and the growth of the process compared with a run without them.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ stalledLive, stalledMebibytes, quick }) {
  console.log(
    `${STALLED} subscribers that never read among ${stalledLive} live ones, ${stalledMebibytes} MiB published`,
  );
  const bytes = stalledMebibytes * MEBIBYTE;
  const fill = quick ? FILL_BYTES / 4 : FILL_BYTES;
  const without = await measureGrowth({ stalledPerPart: 0, live: stalledLive, bytes, fill });
  const withStalled = await measureGrowth({ stalledPerPart: 1, live: stalledLive, bytes, fill });

  printTable(
    ["", "most waiting for one", "heap and buffers grew by", "resident memory grew by"],
    [
      ["with stalled ones", kibibytes(withStalled.waiting), kibibytes(withStalled.used), kibibytes(withStalled.rss)],
      ["without", "", kibibytes(without.used), kibibytes(without.rss)],
    ],
  );
  return [
    {
      figure: "most bytes ever waiting for a stalled subscriber, in high-water marks",
      measured: withStalled.waiting / HIGH_WATER_MARK,
      target: { atMost: 2 },
    },
    {
      figure: "heap and buffers per stalled subscriber, in high-water marks",
      measured: (withStalled.used - without.used) / STALLED / HIGH_WATER_MARK,
      target: { atMost: 2 },
    },
  ];
}

/**
 * Publishes `bytes` in parts, and measures how much the server grows, in bytes.
 * @param {object} load
 * @param {number} load.stalledPerPart number of stalled subscribers that connect before each part
 * @param {number} load.live number of live subscribers
 * @param {number} load.bytes
 * @param {number} load.fill bytes to publish before the first measurement
 * @returns {Promise<{ waiting: number, used: number, rss: number }>}
 */
async function measureGrowth({ stalledPerPart, live, bytes, fill }) {
  const server = await startServerUnderLoad("sluice", { options: { highWaterMark: HIGH_WATER_MARK } });
  await server.connect(live);
  await publishBytes(server, fill);
  const before = await server.memory();
  for (let part = 0; part < STALLED; part++) {
    // The stalled subscribers connect one by one, so that different bytes wait for each of them.
    await server.connect(stalledPerPart, { read: false, path: "/stalled" });
    await publishBytes(server, bytes / STALLED);
  }
  const after = await server.memory();
  const waiting = await server.call("maxBytesWaiting");
  await server.stop();
  return { waiting, used: after.used - before.used, rss: after.rss - before.rss };
}

/**
 * Publishes at least `bytes` in steps. Each step begins when the live subscribers have received the last.
 * @param {import("../processes/server-under-load.mjs").ServerUnderLoad} server
 * @param {number} bytes
 */
async function publishBytes(server, bytes) {
  const events = EVENTS_PER_TURN * TURNS_PER_STEP;
  for (let sent = 0; sent < bytes; sent += STEP_BYTES) {
    await server.publish({ turns: TURNS_PER_STEP, perTurn: EVENTS_PER_TURN, bytes: EVENT_BYTES }, { events });
  }
}

/** @param {number} bytes */
function kibibytes(bytes) {
  return `${formatNumber(bytes / KIBIBYTE)} KiB`;
}
