import { COMPARED_SERVERS } from "../compared-servers.mjs";
import { startServerUnderLoad } from "../processes/server-under-load.mjs";
import { formatNumber, printTable, ratioFigure } from "../report.mjs";
import { median, ratioOf, rotate } from "../statistics.mjs";

const KIBIBYTE = 1_024;

/**
 * V8 keeps memory that no connection uses. How much depends on when its collections happen to run, not on the server.
 * By default the young generation grows by up to 16 MiB at some point, before the first measurement or after it: 3 KiB
 * per connection. The old one keeps pages with gaps until a collection compacts them.
 * All servers therefore have a small young generation, and each of their full collections compacts the old one.
 */
const NODE_ARGS = ["--max-semi-space-size=1", "--compact-on-every-full-gc"];

/**
 * Measures a server's memory per idle connection.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run(settings) {
  const { connections, warmConnections, idleRounds } = settings;
  console.log(`${connections} idle connections, after ${warmConnections} to warm up, ${idleRounds} rounds`);
  const entries = COMPARED_SERVERS.map((server) => ({
    ...server,
    perConnection: /** @type {number[]} */ ([]),
    heap: 0,
  }));
  for (let round = 0; round < idleRounds; round++) {
    for (const entry of rotate(entries, round)) {
      const { resident, heap } = await measure(entry, settings);
      entry.perConnection.push(resident);
      entry.heap = heap;
    }
  }

  printTable(
    ["server", "resident memory per idle connection", "spread", "heap and buffers alone"],
    entries.map(({ name, perConnection, heap }) => [
      name,
      `${formatNumber(median(perConnection))} KiB`,
      `${formatNumber(Math.min(...perConnection))} … ${formatNumber(Math.max(...perConnection))}`,
      `${formatNumber(heap)} KiB`,
    ]),
  );
  const [control = [], sluice = [], betterSse = [], fastifySse = [], hono = [], compressed = []] = entries.map(
    ({ perConnection }) => perConnection,
  );
  return [
    ratioFigure("memory per idle connection, Sluice / control", ratioOf(sluice, control), { atMost: 1.15 }),
    ratioFigure("memory per idle connection, Sluice / better-sse", ratioOf(sluice, betterSse), { below: 1 }),
    ratioFigure("memory per idle connection, Sluice / @fastify/sse", ratioOf(sluice, fastifySse), { below: 1 }),
    ratioFigure("memory per idle connection, Sluice / Hono", ratioOf(sluice, hono), { below: 1 }),
    ratioFigure("memory per idle connection, Sluice with compress: true / control", ratioOf(compressed, control)),
  ];
}

/** @type {import("../against/run-against.mjs").AgainstScenario} */
export const against = {
  figure: "resident memory per idle connection",
  unit: "KiB",
  async measureRound(entries, settings) {
    const values = [];
    for (const entry of entries) {
      values.push((await measure({ program: "sluice", options: { entry } }, settings)).resident);
    }
    return values;
  },
};

/**
 * Returns the memory per idle connection of a new server process, in KiB. `warmConnections` are opened first, so that
 * code, caches and the young generation have their size. The result is the growth by `connections` more. A process is
 * not reused: it does not return all memory that it used once.
 * @param {Pick<import("../compared-servers.mjs").ComparedServer, "program" | "options" | "connectOptions">} compared
 * @param {import("../settings.mjs").Settings} settings
 */
async function measure({ program, options = {}, connectOptions = {} }, { connections, warmConnections }) {
  const server = await startServerUnderLoad(program, { options, nodeArgs: NODE_ARGS });
  const before = await memoryWith(server, warmConnections, connectOptions);
  const after = await memoryWith(server, connections, connectOptions);
  await server.stop();
  return {
    resident: (after.rss - before.rss) / connections / KIBIBYTE,
    heap: (after.used - before.used) / connections / KIBIBYTE,
  };
}

/**
 * Opens `count` more connections, sends one event to all, and returns the server's memory.
 * @param {import("../processes/server-under-load.mjs").ServerUnderLoad} server
 * @param {number} count
 * @param {import("../processes/server-under-load.mjs").ConnectOptions} connectOptions
 */
async function memoryWith(server, count, connectOptions) {
  await server.connect(count, connectOptions);
  if (connectOptions.compressed) await server.waitUntilQuiet();
  await server.publish();
  return await server.memory();
}
