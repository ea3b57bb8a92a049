// @ts-check
// Prints the memory of closed channels that a process remembers: node --expose-gc bench/channels/closed-channels.mjs

import { currentLife } from "../../packages/sluice/dist/logs/shared/life/life.js";
import { ClosedChannels } from "../../packages/sluice/dist/logs/shared/view/closed-channels.js";
import { LogView } from "../../packages/sluice/dist/logs/shared/view/log-view.js";

const CHANNELS = 10_000;
/** More channels than are remembered: the memory stays the same. */
const CLOSED = 100_000;
const MARK_CHARS = 120;

/**
 * Returns a view of a channel that has had this many lives.
 * @param {number} lives
 */
function viewOf(lives) {
  let life = currentLife({ run: "0", first: 1, last: 0 }, undefined);
  for (let run = 1; run < lives; run++) life = currentLife({ run: `${run}`, first: 1, last: 20 }, life);
  return new LogView(life, 1, 20);
}

async function memory() {
  for (let i = 0; i < 4; i++) {
    global.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return process.memoryUsage().heapUsed;
}

/**
 * Prints the memory after this many channels were closed.
 * @param {number} closed
 * @param {number} lives of each channel
 */
async function measure(closed, lives) {
  const before = await memory();
  const channels = new ClosedChannels();
  for (let i = 0; i < closed; i++) {
    const view = viewOf(lives);
    channels.remember(`document:${i}`, view, { epoch: view.epoch, offset: 20, text: `${i}`.padEnd(MARK_CHARS, "x") });
  }
  const bytes = (await memory()) - before;
  const each = Math.round(bytes / channels.size);
  const total = (bytes / 2 ** 20).toFixed(1);
  const name = `${closed} closed channels, each of ${lives} ${lives === 1 ? "life" : "lives"}`;
  console.log(`${name}: ${channels.size} remembered, ${total} MiB, ${each} bytes each`);
}

await measure(CHANNELS, 1);
await measure(CLOSED, 1);
await measure(CHANNELS, 17);
await measure(CHANNELS, 64);
