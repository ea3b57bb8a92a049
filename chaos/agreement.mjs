// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { MAIN_CHANNEL } from "./channels/names.mjs";
import { startLimit } from "./cluster/run-time.mjs";
import { isOpen } from "./history.mjs";

/** @typedef {import("./cluster/node-handle.mjs").ReportedPresence} ReportedPresence */
/** @typedef {import("./faults/fault.d.mts").RoundParts} RoundParts */

/** The time in which nodes must agree, in ms in which they could run: many node timeouts. */
const AGREE_LIMIT_MS = 60_000;
const CHECK_INTERVAL_MS = 100;

/**
 * Checks the cluster while no fault is active: all nodes agree on presence, and a disconnect of a user on all nodes
 * ends the user's streams. Records disagreements in the history.
 * @param {RoundParts} parts
 * @param {import("./random.mjs").Random} random
 */
export async function checkAgreement(parts, random) {
  const { history, nodes, users } = parts;
  history.note("no fault is active");
  const quietSince = history.tick();
  await agreeOnPresence(parts);
  const disconnect = await withinLimit(random.pick(nodes).disconnect(random.pick(users)), nodes);
  // If the node could not reach the others, the call proves nothing.
  if (disconnect === undefined || disconnect.error !== undefined) return;
  disconnect.quietSince = quietSince;
  await until(() => !disconnect.open.some(isOpen), nodes);
}

/** Waits until every node reports the presence that the subscribers and nodes have. @param {RoundParts} parts */
async function agreeOnPresence({ history, nodes, subscribers }) {
  let wrong = "";
  const isAgreed = async () => {
    const answers = await Promise.all(nodes.map((node) => withinLimit(node.presence(), nodes)));
    const expected = show(presenceOf(subscribers, nodes.length));
    const odd = answers.findIndex((answer) => show(answer?.presence) !== expected);
    wrong = `${nodes[odd]?.process} reports ${show(answers[odd]?.presence)}; expected ${expected}`;
    return odd < 0;
  };
  if (!(await until(isAgreed, nodes))) history.disagreements.push(wrong);
}

/** @param {RoundParts["subscribers"]} subscribers @param {number} nodes @returns {ReportedPresence} */
function presenceOf(subscribers, nodes) {
  const open = subscribers.filter(({ channel, isConnected }) => channel === MAIN_CHANNEL && isConnected);
  /** @type {Record<string, number>} */
  const topics = {};
  for (const topic of open.flatMap((subscriber) => subscriber.topics ?? [])) topics[topic] = (topics[topic] ?? 0) + 1;
  return { subscribers: open.length, topics, nodes };
}

/** @param {ReportedPresence | undefined} presence */
function show(presence) {
  if (presence === undefined) return "nothing";
  const topics = Object.entries(presence.topics).sort();
  return `${presence.subscribers} (${topics.map((entry) => entry.join(": ")).join(", ")}) on ${presence.nodes} nodes`;
}

/**
 * Waits for a condition; returns false if it does not hold within the limit.
 * @param {() => boolean | Promise<boolean>} condition
 * @param {RoundParts["nodes"]} nodes
 */
async function until(condition, nodes) {
  const hasTime = startLimit(nodes, AGREE_LIMIT_MS);
  while (!(await condition())) {
    if (!hasTime()) return false;
    await wait(CHECK_INTERVAL_MS);
  }
  return true;
}

/**
 * Resolves with the answer, or with `undefined` if it takes longer than the limit.
 * @template T
 * @param {Promise<T>} answer
 * @param {RoundParts["nodes"]} nodes
 * @returns {Promise<T | undefined>}
 */
async function withinLimit(answer, nodes) {
  let isOver = false;
  const done = answer.finally(() => {
    isOver = true;
  });
  return Promise.race([done, until(() => isOver, nodes).then(() => undefined)]);
}
