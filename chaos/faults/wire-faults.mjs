// @ts-check
import { setTimeout as wait } from "node:timers/promises";

/** @typedef {import("./fault.d.mts").Fault} Fault */
/** @typedef {import("../../packages/sluice/test/support/stores/tcp-proxy.mjs").TcpProxy} TcpProxy */

const MAX_DELAY_MS = 800;

/**
 * Makes a fault of the connections between nodes and the store.
 * @param {string} name
 * @param {Fault["lasts"]} lasts
 * @param {(proxy: TcpProxy, random: import("../random.mjs").Random) => void} disturb
 * @returns {Fault}
 */
function wireFault(name, lasts, disturb) {
  return {
    name,
    lasts,
    breaks: "wire",
    async run({ store, history }, ms, random) {
      // Each node has its own proxy. One fault in four concerns all of them.
      const proxies = random.chance(0.25) ? store.proxies : [random.pick(store.proxies)];
      history.note(`${name}: wires ${proxies.map((proxy) => store.proxies.indexOf(proxy) + 1).join(", ")}`);
      for (const proxy of proxies) disturb(proxy, random);
      await wait(ms);
      for (const proxy of proxies) proxy.resume();
      history.note(`${name} is over`);
    },
  };
}

/** The faults of the connections between nodes and their store. @type {readonly Fault[]} */
export const WIRE_FAULTS = [
  wireFault("wire-cut", [1, 1], (proxy) => proxy.cut()),
  wireFault("wire-refuse", [200, 4_000], (proxy) => proxy.refuse()),
  wireFault("wire-pause", [500, 4_000], (proxy) => proxy.pause()),
  wireFault("wire-delay", [1_000, 5_000], (proxy, random) => proxy.delay(random.whole(20, MAX_DELAY_MS))),
  wireFault("wire-swallow", [500, 5_000], (proxy) => proxy.swallow()),
];
