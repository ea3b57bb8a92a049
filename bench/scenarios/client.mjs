import { startChild } from "../processes/start-child.mjs";
import { ratioFigure } from "../report.mjs";
import { ratioOf, rotate } from "../statistics.mjs";

const NAMES = ["sluice", "eventsource", "a loop"];
const MIB = 2 ** 20;

/**
 * Compares the CPU time of clients that read the same events and parse their JSON, in turns. Each has a process of its
 * own, as in a program: V8 compiles shared code for the client that calls it. Then reads many events with
 * `openEventStream()`, and compares its heap before and after.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ clientEvents, clientRounds, clientHeapEvents }) {
  const server = await startChild("client/event-server.mjs", { side: "load" });
  /** @type {Record<string, import("../processes/start-child.mjs").Child>} */
  const readers = {};
  for (const name of NAMES) readers[name] = await startChild("peers/clients.mjs");
  const origin = `http://127.0.0.1:${await server.call("listen")}`;
  const read = (/** @type {string} */ name, /** @type {number} */ count) =>
    readers[name]?.call("read", { name, url: `${origin}/${count}` });

  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(NAMES.map((name) => [name, []]));
  for (const name of NAMES) await read(name, clientEvents);
  for (let round = 0; round < clientRounds; round++) {
    const sums = new Set();
    for (const name of rotate(NAMES, round)) {
      const { cpu, sum } = await read(name, clientEvents);
      times[name]?.push(cpu);
      sums.add(sum);
    }
    if (sums.size !== 1) throw new Error("the clients read the events differently");
  }
  const before = (await read("sluice", clientEvents)).heap;
  const after = (await read("sluice", clientHeapEvents)).heap;
  await Promise.all([server, ...Object.values(readers)].map((child) => child.stop()));

  const own = times.sluice ?? [];
  const events = clientHeapEvents.toLocaleString("en");
  return [
    ratioFigure("client, CPU: npm eventsource / openEventStream", ratioOf(times.eventsource ?? [], own), {
      atLeast: 1.5,
    }),
    ratioFigure("client, CPU: a loop over eventsource-parser / openEventStream", ratioOf(times["a loop"] ?? [], own), {
      atLeast: 1,
    }),
    {
      figure: `client, growth of the heap over ${events} events`,
      measured: (after - before) / MIB,
      unit: "MiB",
      target: { atMost: 2 },
    },
  ];
}
