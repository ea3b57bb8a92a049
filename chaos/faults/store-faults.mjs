// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { startLimit } from "../cluster/run-time.mjs";

/** @typedef {import("./fault.d.mts").Fault} Fault */
/** @typedef {import("./fault.d.mts").RoundParts} RoundParts */

const CHECK_INTERVAL_MS = 100;

/** The faults of a store that is a server. @type {readonly Fault[]} */
export const SERVER_FAULTS = [
  {
    name: "store-kill",
    lasts: [10, 3_000],
    breaks: "store",
    run: (parts, ms) => restart(parts, ms, "kept"),
  },
  {
    name: "store-pause",
    lasts: [300, 5_000],
    breaks: "store",
    async run({ store, history }, ms) {
      history.note("the store is stopped (SIGSTOP)");
      store.pause();
      await wait(ms);
      history.note("the store continues (SIGCONT)");
      store.resume();
    },
  },
];

/** The faults that make a store lose acknowledged events. @type {readonly Fault[]} */
export const LOSS_FAULTS = [
  {
    name: "store-lost",
    lasts: [10, 1_500],
    breaks: "store",
    run: (parts, ms) => restart(parts, ms, "lost"),
  },
  {
    name: "store-behind",
    lasts: [10, 1_500],
    breaks: "store",
    async run(parts, ms, random) {
      await copyData(parts);
      await wait(random.whole(200, 3_000));
      await restart(parts, ms, "behind");
    },
  },
];

/** The time in which every node opens a folder that was replaced, or notices that a server went back, in ms. */
const RECOVERY_MS = 5_000;

/**
 * An operator restores an older copy of the data while the store and the nodes run. All nodes that have seen more run
 * on until they have noticed, with all channels open: see docs/decisions/081-chaos-asks-what-nodes-can-do.md.
 * @type {Fault}
 */
export const RESTORE_FAULT = {
  name: "store-restored",
  lasts: [200, 3_000],
  breaks: ["store", "nodes", "wire"],
  async run(parts, ms) {
    const { store, nodes, history } = parts;
    const held = nodes.filter(({ isUp }) => isUp);
    const answers = await Promise.all(held.map((node) => node.hold()));
    const isHeld = held.length > 0 && answers.every(({ error }) => error === undefined);
    if (isHeld) {
      await copyData(parts, async () => store.older?.copy());
      await wait(ms);
      const began = history.tick();
      await store.older?.restore();
      history.note("the older data is restored");
      await recover(nodes);
      history.losses.push({ began, ended: history.tick() });
    } else history.note("the older data is not restored: a node does not reach the store");
    await Promise.all(held.map((node) => node.release()));
  },
};

/** An operator removes the folder while the nodes run. The next process that starts creates another. @type {Fault} */
export const REMOVE_FAULT = {
  name: "store-removed",
  lasts: [200, 3_000],
  breaks: "store",
  async run({ store, nodes, history }, ms, random) {
    const began = history.tick();
    await store.remove?.();
    history.note("the folder is removed");
    await wait(ms);
    const node = random.pick(nodes);
    await node.kill();
    await node.start();
    await recover(nodes);
    history.losses.push({ began, ended: history.tick() });
  },
};

/** Waits until all nodes have noticed a change of the store. @param {RoundParts["nodes"]} nodes */
async function recover(nodes) {
  const hasTime = startLimit(nodes, RECOVERY_MS);
  while (hasTime()) await wait(CHECK_INTERVAL_MS);
}

/** @param {RoundParts} parts @param {number} ms @param {"kept" | "lost" | "behind"} data */
async function restart({ store, nodes, history }, ms, data) {
  history.note(`the store is killed; its data is ${data}`);
  // If the store is a folder, the nodes are the processes that have it open.
  if (!store.isServer) await Promise.all(nodes.map((node) => node.kill()));
  const began = history.tick();
  await store.kill();
  await wait(ms);
  await store.start(data);
  const span = { began, ended: history.tick() };
  history.restarts.push(span);
  if (data !== "kept") history.losses.push(span);
  history.note("the store runs again");
  if (!store.isServer) await Promise.all(nodes.map((node) => node.start()));
}

/**
 * Copies the data of the store while no process writes to it.
 * @param {RoundParts} parts
 * @param {() => Promise<unknown>} copy
 */
async function copyData({ store, nodes, history }, copy = () => store.snapshot()) {
  const writing = store.isServer ? [] : nodes.filter((node) => node.isUp);
  for (const node of writing) node.pause();
  await copy();
  history.note("the data is copied");
  for (const node of writing) node.resume();
}
