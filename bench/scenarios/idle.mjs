import { CONTESTANTS } from "../contestants.mjs";
import { median, ratioOf, rotate } from "../measure.mjs";
import { startPair } from "../pair.mjs";
import { number, printTable, ratioFigure } from "../report.mjs";

const KIBIBYTE = 1_024;

/**
 * The young generation is kept small in all servers. Left alone it grows at some point by up to 16 MiB, before the first
 * look at the memory or after it: as much as 3 KiB a connection that no connection holds.
 */
const NODE_ARGS = ["--max-semi-space-size=1"];

/**
 * Resident memory of the server for one idle connection. Some connections are opened first, so that code, caches and
 * the young generation have their size; the growth by the rest is measured, after one event has been sent to all.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ connections, warmConnections, idleRounds }) {
  console.log(`${connections} idle connections, after ${warmConnections} to warm up, ${idleRounds} rounds`);
  const entries = CONTESTANTS.map((contestant) => ({
    ...contestant,
    perConnection: /** @type {number[]} */ ([]),
    heap: 0,
  }));
  for (let round = 0; round < idleRounds; round++) {
    for (const entry of rotate(entries, round)) {
      // A process for each measurement: memory that was used once does not all come back.
      const pair = await startPair(entry.program, { options: entry.options, nodeArgs: NODE_ARGS });
      const before = await memoryWith(pair, warmConnections, entry.connecting);
      const after = await memoryWith(pair, connections, entry.connecting);
      entry.perConnection.push((after.rss - before.rss) / connections / KIBIBYTE);
      entry.heap = (after.used - before.used) / connections / KIBIBYTE;
      await pair.stop();
    }
  }

  printTable(
    ["server", "resident memory per idle connection", "spread", "heap and buffers alone"],
    entries.map(({ name, perConnection, heap }) => [
      name,
      `${number(median(perConnection))} KiB`,
      `${number(Math.min(...perConnection))} … ${number(Math.max(...perConnection))}`,
      `${number(heap)} KiB`,
    ]),
  );
  const [control, sluice, betterSse, fastifySse, hono, compressed] = entries.map(({ perConnection }) => perConnection);
  return [
    ratioFigure("memory per idle connection, of the control's", ratioOf(sluice, control), { atMost: 1.15 }),
    ratioFigure("memory per idle connection, of better-sse's", ratioOf(sluice, betterSse), { below: 1 }),
    ratioFigure("memory per idle connection, of @fastify/sse's", ratioOf(sluice, fastifySse), { below: 1 }),
    ratioFigure("memory per idle connection, of Hono's", ratioOf(sluice, hono), { below: 1 }),
    ratioFigure("memory per idle connection with compress: true, of the control's", ratioOf(compressed, control)),
  ];
}

/**
 * @param {import("../pair.mjs").Pair} pair
 * @param {number} count
 * @param {import("../pair.mjs").Connecting | undefined} connecting
 */
async function memoryWith(pair, count, connecting) {
  await pair.connect(count, connecting);
  if (connecting?.compressed) await pair.settle();
  await pair.publish();
  return await pair.memory();
}
