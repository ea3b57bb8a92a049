// @ts-check
import { setTimeout as wait } from "node:timers/promises";

/** @typedef {import("./fault.d.mts").Fault} Fault */

const DRAIN_TIMEOUT_MS = 1_000;

/** The faults of the cluster's processes. @type {readonly Fault[]} */
export const NODE_FAULTS = [
  {
    name: "node-kill",
    lasts: [50, 2_500],
    breaks: "node",
    async run({ nodes }, ms, random) {
      const node = random.pick(nodes);
      await node.kill();
      await wait(ms);
      await node.start();
    },
  },
  {
    name: "node-pause",
    lasts: [500, 6_000],
    breaks: "node",
    async run({ nodes }, ms, random) {
      const node = random.pick(nodes);
      node.pause();
      await wait(ms);
      node.resume();
    },
  },
  {
    name: "node-drain",
    lasts: [50, 1_000],
    breaks: "node",
    async run({ nodes }, ms, random) {
      const node = random.pick(nodes);
      await node.drain(DRAIN_TIMEOUT_MS);
      await wait(ms);
      await node.start();
    },
  },
  {
    name: "nodes-at-once",
    lasts: [50, 1_000],
    breaks: "nodes",
    async run({ nodes }, ms) {
      await Promise.all(nodes.map((node) => node.kill()));
      await wait(ms);
      await Promise.all(nodes.map((node) => node.start()));
    },
  },
];
