// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { isOpen } from "./history.mjs";

/** @typedef {import("./cluster/node-handle.mjs").PresenceTold} PresenceTold */
/** @typedef {import("./faults/world.d.mts").World} World */

/** What nodes do not agree on by then they never will: twelve node timeouts, in ms. */
const AGREE_LIMIT_MS = 30_000;
const ASK_EVERY_MS = 100;

/**
 * While nothing is broken: all nodes come to say who is connected, and a user who is disconnected is so everywhere.
 * @param {World} world
 * @param {import("./random.mjs").Random} random
 */
export async function calm(world, random) {
  const { history, nodes, users } = world;
  history.note("it is calm");
  await agreeOnPresence(world);
  const disconnect = await within(random.pick(nodes).disconnect(random.pick(users)));
  // One that could not say so to the others is tried by the next.
  if (disconnect === undefined || disconnect.error !== undefined) return;
  disconnect.inCalm = true;
  await until(() => !disconnect.open.some(isOpen));
}

/** Waits until every node tells of as many subscribers, and nodes, as there are. @param {World} world */
async function agreeOnPresence({ history, nodes, subscribers }) {
  let wrong = "";
  const isAgreed = async () => {
    const told = await Promise.all(nodes.map((node) => within(node.presence())));
    const expected = show(presenceOf(subscribers, nodes.length));
    const odd = told.findIndex((answer) => show(answer?.presence) !== expected);
    wrong = `${nodes[odd]?.process} tells of ${show(told[odd]?.presence)}, and there are ${expected}`;
    return odd < 0;
  };
  if (!(await until(isAgreed))) history.disagreements.push(wrong);
}

/** @param {World["subscribers"]} subscribers @param {number} nodes @returns {PresenceTold} */
function presenceOf(subscribers, nodes) {
  const open = subscribers.filter(({ isConnected }) => isConnected);
  /** @type {Record<string, number>} */
  const topics = {};
  for (const topic of open.flatMap(({ record }) => record.topics ?? [])) topics[topic] = (topics[topic] ?? 0) + 1;
  return { subscribers: open.length, topics, nodes };
}

/** @param {PresenceTold | undefined} presence */
function show(presence) {
  if (presence === undefined) return "nothing";
  const topics = Object.entries(presence.topics).sort();
  return `${presence.subscribers} (${topics.map((entry) => entry.join(": ")).join(", ")}) on ${presence.nodes} nodes`;
}

/** Whether a condition came to hold in time. @param {() => boolean | Promise<boolean>} condition */
async function until(condition) {
  const end = performance.now() + AGREE_LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await wait(ASK_EVERY_MS);
  }
  return true;
}

/** `undefined` where it takes too long. @template T @param {Promise<T>} answer @returns {Promise<T | undefined>} */
function within(answer) {
  return Promise.race([answer, wait(AGREE_LIMIT_MS, undefined, { ref: false })]);
}
