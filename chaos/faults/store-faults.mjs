// @ts-check
import { setTimeout as wait } from "node:timers/promises";

/** @typedef {import("./world.d.mts").Fault} Fault */
/** @typedef {import("./world.d.mts").World} World */

/** What happens to a store that is a server. @type {readonly Fault[]} */
export const SERVER_FAULTS = [
  {
    name: "store-kill",
    lasts: [10, 3_000],
    breaks: "store",
    run: (world, ms) => restart(world, ms, "kept"),
  },
  {
    name: "store-pause",
    lasts: [300, 5_000],
    breaks: "store",
    async run({ store, history }, ms) {
      history.note("the store is stopped (SIGSTOP)");
      store.pause();
      await wait(ms);
      history.note("the store goes on (SIGCONT)");
      store.resume();
    },
  },
];

/** What makes a store lose what it had acknowledged. @type {readonly Fault[]} */
export const LOSS_FAULTS = [
  {
    name: "store-lost",
    lasts: [10, 1_500],
    breaks: "store",
    run: (world, ms) => restart(world, ms, "lost"),
  },
  {
    name: "store-behind",
    lasts: [10, 1_500],
    breaks: "store",
    async run(world, ms, random) {
      await keepCopy(world);
      await wait(random.whole(200, 3_000));
      await restart(world, ms, "behind");
    },
  },
];

/** @param {World} world @param {number} ms @param {"kept" | "lost" | "behind"} data */
async function restart({ store, nodes, history }, ms, data) {
  history.note(`the store is killed; its data is ${data}`);
  // Where the store is a folder, its processes are the nodes.
  if (!store.isServer) await Promise.all(nodes.map((node) => node.kill()));
  const began = history.tick();
  await store.kill();
  await wait(ms);
  await store.start(data);
  if (data !== "kept") history.losses.push({ began, ended: history.tick() });
  history.note("the store runs again");
  if (!store.isServer) await Promise.all(nodes.map((node) => node.start()));
}

/** @param {World} world */
async function keepCopy({ store, nodes, history }) {
  const running = store.isServer ? [] : nodes.filter((node) => node.isUp);
  for (const node of running) node.pause();
  await store.snapshot();
  history.note("a copy of the data is kept");
  for (const node of running) node.resume();
}
