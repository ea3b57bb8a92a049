import { startPair } from "../pair.mjs";
import { number, printTable } from "../report.mjs";

const MEBIBYTE = 1_048_576;
const KIBIBYTE = 1_024;

/** The default, given here so that the target is stated in the same place. */
const HIGH_WATER_MARK = 64 * KIBIBYTE;

const EVENT_BYTES = 1_024;
const EVENTS_PER_TURN = 16;
const TURNS_PER_STEP = 64;
const STEP_BYTES = EVENT_BYTES * EVENTS_PER_TURN * TURNS_PER_STEP;

/** Published before the first look at the memory: the window and the log are then as full as they get. */
const FILL_BYTES = 24 * MEBIBYTE;

/**
 * A garbage collection leaves some 100 KiB more or less than the one before: more than one stalled subscriber may cost.
 * So there are several, each with bytes of its own that wait, and the growth is divided among them.
 */
const STALLED = 20;

/**
 * Subscribers that take no byte while a lot is published to them and to live ones. What one costs is looked at from two
 * sides: the bytes waiting in its socket, at most ever, and the growth of the process beside one without such.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ stalledLive, stalledMebibytes, quick }) {
  console.log(
    `${STALLED} subscribers that never read among ${stalledLive} live ones, ${stalledMebibytes} MiB published`,
  );
  const bytes = stalledMebibytes * MEBIBYTE;
  const fill = quick ? FILL_BYTES / 4 : FILL_BYTES;
  const without = await grow({ stalled: 0, live: stalledLive, bytes, fill });
  const withThem = await grow({ stalled: 1, live: stalledLive, bytes, fill });

  printTable(
    ["", "most waiting for one", "heap and buffers grew by", "resident memory grew by"],
    [
      ["with them", kibibytes(withThem.waiting), kibibytes(withThem.used), kibibytes(withThem.rss)],
      ["without them", "", kibibytes(without.used), kibibytes(without.rss)],
    ],
  );
  return [
    {
      figure: "most bytes ever waiting for a stalled subscriber, in high-water marks",
      measured: withThem.waiting / HIGH_WATER_MARK,
      target: { atMost: 2 },
    },
    {
      figure: "heap and buffers a stalled subscriber costs, in high-water marks",
      measured: (withThem.used - without.used) / STALLED / HIGH_WATER_MARK,
      target: { atMost: 2 },
    },
  ];
}

/**
 * @param {{ stalled: number, live: number, bytes: number, fill: number }} what `stalled`: how many join for each part of
 *   the bytes
 * @returns {Promise<{ waiting: number, used: number, rss: number }>}
 */
async function grow({ stalled, live, bytes, fill }) {
  const pair = await startPair("sluice", { options: { highWaterMark: HIGH_WATER_MARK } });
  await pair.connect(live);
  await publishBytes(pair, fill);
  const before = await pair.memory();
  for (let part = 0; part < STALLED; part++) {
    // One after the other, so that what waits for one is not what waits for the next.
    await pair.connect(stalled, { read: false, path: "/stalled" });
    await publishBytes(pair, bytes / STALLED);
  }
  const after = await pair.memory();
  const waiting = await pair.ask("mostWaiting");
  await pair.stop();
  return { waiting, used: after.used - before.used, rss: after.rss - before.rss };
}

/**
 * Step by step: the live ones have each step before the next.
 * @param {import("../pair.mjs").Pair} pair
 * @param {number} bytes
 */
async function publishBytes(pair, bytes) {
  const events = EVENTS_PER_TURN * TURNS_PER_STEP;
  for (let sent = 0; sent < bytes; sent += STEP_BYTES) {
    await pair.publish({ turns: TURNS_PER_STEP, perTurn: EVENTS_PER_TURN, bytes: EVENT_BYTES }, { events });
  }
}

/** @param {number} bytes */
function kibibytes(bytes) {
  return `${number(bytes / KIBIBYTE)} KiB`;
}
