// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { checkAgreement } from "./agreement.mjs";
import { check } from "./checker/check.mjs";
import { isOver } from "./checker/jobs.mjs";
import { hasReceived } from "./checker/subscriber.mjs";
import { JobStarter } from "./clients/job-starter.mjs";
import { Publisher } from "./clients/publisher.mjs";
import { Subscriber } from "./clients/subscriber.mjs";
import { NodeHandle } from "./cluster/node-handle.mjs";
import { planFaults, runFaults } from "./faults/schedule.mjs";
import { History, isAcknowledged } from "./history.mjs";
import { Random } from "./random.mjs";
import { startLmdbStore } from "./stores/lmdb-store.mjs";
import { startNatsStore, startRedisStore } from "./stores/server-store.mjs";

/** @typedef {import("./plans.mjs").Plan} Plan */
/** @typedef {import("./checker/check.mjs").Verdict} Verdict */
/** @typedef {import("./faults/fault.d.mts").RoundParts} RoundParts */

/**
 * @typedef {object} RoundSettings
 * @property {"lmdb" | "redis" | "nats"} kind
 * @property {Plan} plan
 * @property {number} seed
 * @property {number} lastsMs the time in which faults begin
 * @property {number} subscribers
 * @property {number} perSecond events per second, of all publishers together
 *
 * @typedef {Verdict & { history: History, faults: Map<string, number>, errors: string[], refused: number }} Outcome
 *   `faults`: how often each fault ran; `refused`: calls of `publish` that were rejected
 */

const STORES = { lmdb: startLmdbStore, redis: startRedisStore, nats: startNatsStore };
const TOPICS = [
  undefined,
  ["a"],
  ["a", "b"],
  ["b", "z"],
  ["c"],
  /** @type {const} */ ("*"),
  /** @type {const} */ ("*"),
];
const USERS = ["ann", "bob", "cai", "dee", "eve"];
const PUBLISHERS = 4;

/** The time in which every subscriber must receive the last event, in ms. */
const SETTLE_LIMIT_MS = 40_000;
const CHECK_INTERVAL_MS = 50;
/** The wait after the last event, in ms: events that should not come may still come. */
const AFTERMATH_MS = 500;

/**
 * Runs one round: a cluster on an empty store, faults, and repair; then judges its history.
 * @param {RoundSettings} settings
 * @returns {Promise<Outcome>}
 */
export async function runRound(settings) {
  const { plan } = settings;
  const random = (/** @type {string} */ purpose) => new Random(settings.seed, purpose);
  const parts = await makeParts(settings, random);
  const { history, nodes, subscribers, publishers, store } = parts;
  const jobs = new JobStarter(history, nodes, random("jobs"));
  try {
    await Promise.all(nodes.map((node) => node.start()));
    for (const subscriber of subscribers) subscriber.connect();
    for (const publisher of publishers) publisher.start();
    jobs.start();
    const planned = planFaults(plan.faults, settings.lastsMs, random("faults"), plan.first);
    const half = settings.lastsMs / 2;
    const [early, late] = [planned.filter(({ at }) => at < half), planned.filter(({ at }) => at >= half)];
    const faults = await runFaults(early, parts, 0);
    // While the disk is full, nodes cannot send each other anything.
    if (plan.mapSize === undefined) await checkAgreement(parts, random("agreement"));
    for (const [name, count] of await runFaults(late, parts, half)) faults.set(name, (faults.get(name) ?? 0) + count);
    history.note("the faults are over");
    jobs.stop();
    if (plan.mapSize !== undefined) await enlargeDisk(parts);
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    await checkAgreement(parts, random("last agreement"));
    const missing = await settle(parts);
    for (const { side, record } of subscribers)
      if (side?.received === 0) history.sideFaults.push(`${record.name} received nothing of the second channel`);
    const verdict = check(history);
    for (const text of missing) verdict.violations.push({ kind: "lost", text });
    const attempts = history.events.flatMap((event) => event.attempts);
    const refused = attempts.filter(({ error }) => error !== undefined).length;
    return { ...verdict, history, faults, refused, errors: nodes.flatMap(({ errors }) => errors) };
  } finally {
    jobs.stopFollowers();
    for (const subscriber of subscribers) subscriber.stop();
    await Promise.all(nodes.map((node) => node.kill()));
    await store.stop();
  }
}

/**
 * Starts the store, and makes the nodes and clients without starting them.
 * @param {RoundSettings} settings
 * @param {(purpose: string) => Random} random
 * @returns {Promise<RoundParts>}
 */
async function makeParts({ kind, plan, subscribers: count, perSecond }, random) {
  const history = new History();
  history.retained = plan.retain.events;
  history.storeLostData = plan.losesData ?? false;
  // LMDB detects that another file took the place of the first.
  history.showsLoss = kind === "lmdb";
  const nodeCount = random("nodes").whole(2, 3);
  const store = await STORES[kind](nodeCount);
  store.mapSize = plan.mapSize;
  const nodes = Array.from({ length: nodeCount }, (_, i) => {
    const options = () => ({ log: { kind, options: store.options(i) }, retain: plan.retain, window: plan.window });
    return new NodeHandle(`node ${i + 1}`, history, options);
  });
  const subscribers = Array.from({ length: count }, (_, i) => {
    const name = `subscriber ${i}`;
    const user = /** @type {string} */ (USERS[i % USERS.length]);
    const isCombined = i % 3 === 2;
    const topics = TOPICS[i % TOPICS.length];
    return new Subscriber({ history, name, topics, user, nodes, random: random(name), isCombined });
  });
  const publishers = Array.from({ length: PUBLISHERS }, (_, number) => {
    const options = { perSecond: perSecond / PUBLISHERS, usesOwnIds: true, random: random(`publisher ${number}`) };
    return new Publisher({ history, number, nodes, ...options });
  });
  return { history, nodes, subscribers, users: USERS, publishers, store };
}

/**
 * Publishes a last event for all subscribers, and waits until each has received it. Returns what is missing.
 * @param {RoundParts} parts
 */
async function settle({ history, subscribers, publishers, nodes }) {
  const end = performance.now() + SETTLE_LIMIT_MS;
  const hasTime = () => performance.now() < end;
  const number = publishers.length;
  const publisher = new Publisher({ history, number, nodes, random: new Random(0), perSecond: 0, usesOwnIds: false });
  let last = await publisher.publish(undefined);
  while (!isAcknowledged(last) && hasTime()) {
    await wait(CHECK_INTERVAL_MS);
    last = await publisher.publish(undefined);
  }
  if (!isAcknowledged(last)) return [`the last event could not be published: ${last.attempts[0]?.error}`];
  const missing = () => subscribers.filter(({ record }) => !hasReceived(record, last.key));
  while ((missing().length > 0 || !history.jobs.every(isOver)) && hasTime()) await wait(CHECK_INTERVAL_MS);
  await wait(AFTERMATH_MS);
  return missing().map(({ record }) => `${record.name} never received the last event`);
}

/**
 * Removes the limit of the disk, and restarts the nodes one after another, since each opens the file.
 * @param {RoundParts} parts
 */
async function enlargeDisk({ store, nodes, history }) {
  history.note("the disk becomes larger");
  store.mapSize = undefined;
  for (const node of nodes) {
    await node.kill();
    await node.start();
  }
}
