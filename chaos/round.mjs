// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { calm } from "./calm.mjs";
import { check, hasReached } from "./checker/check.mjs";
import { isOver } from "./checker/jobs.mjs";
import { JobStarter } from "./clients/job-starter.mjs";
import { Publisher } from "./clients/publisher.mjs";
import { Subscriber } from "./clients/subscriber.mjs";
import { NodeHandle } from "./cluster/node-handle.mjs";
import { inflict, planFaults } from "./faults/schedule.mjs";
import { History, isAcknowledged } from "./history.mjs";
import { Random } from "./random.mjs";
import { startLmdbStore } from "./stores/lmdb-store.mjs";
import { startNatsStore, startRedisStore } from "./stores/server-store.mjs";

/** @typedef {import("./plans.mjs").Plan} Plan */
/** @typedef {import("./checker/check.mjs").Verdict} Verdict */
/** @typedef {import("./faults/world.d.mts").World} World */

/**
 * @typedef {object} RoundSettings
 * @property {"lmdb" | "redis" | "nats"} kind
 * @property {Plan} plan
 * @property {number} seed
 * @property {number} lastsMs of the faults
 * @property {number} subscribers
 * @property {number} perSecond events, of all publishers together
 *
 * @typedef {Verdict & { history: History, faults: Map<string, number>, errors: string[], refused: number }} Outcome
 *   `refused`: calls of `publish` that were rejected
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

/** After the faults everything must be quiet, and everybody have everything, by then. */
const SETTLE_LIMIT_MS = 40_000;
const ASK_EVERY_MS = 50;
/** After the last event, for what should not come. */
const AFTERMATH_MS = 500;

/** One cluster, from its first start on an empty store until everybody has got everything. @param {RoundSettings} settings @returns {Promise<Outcome>} */
export async function runRound(settings) {
  const { kind, plan, seed } = settings;
  const random = (/** @type {string} */ purpose) => new Random(seed, purpose);
  const history = new History();
  history.retained = plan.retain.events;
  history.storeLostData = plan.losesData ?? false;
  // A file that was put in the place of another is another.
  history.showsLoss = kind === "lmdb";
  const nodeCount = random("nodes").whole(2, 3);
  const store = await STORES[kind](nodeCount);
  store.mapSize = plan.mapSize;
  const nodes = Array.from({ length: nodeCount }, (_, i) => {
    const options = () => ({
      log: { kind, options: store.options(i) },
      retain: plan.retain,
      window: plan.window,
    });
    return new NodeHandle(`node ${i + 1}`, history, options);
  });
  const subscribers = Array.from({ length: settings.subscribers }, (_, i) => {
    const topics = TOPICS[i % TOPICS.length];
    const user = /** @type {string} */ (USERS[i % USERS.length]);
    return new Subscriber(history, `subscriber ${i}`, topics, user, nodes, random(`subscriber ${i}`));
  });
  const publishing = { perSecond: settings.perSecond / PUBLISHERS, usesOwnIds: true };
  const publishers = Array.from(
    { length: PUBLISHERS },
    (_, i) => new Publisher(history, i, nodes, random(`publisher ${i}`), publishing),
  );
  const jobs = new JobStarter(history, nodes, random("jobs"));
  /** @type {World} */
  const world = { history, nodes, subscribers, users: USERS, publishers, store };
  try {
    await Promise.all(nodes.map((node) => node.start()));
    for (const subscriber of subscribers) subscriber.connect();
    for (const publisher of publishers) publisher.start();
    jobs.start();
    const planned = planFaults(plan.faults, settings.lastsMs, random("faults"), plan.first);
    const half = settings.lastsMs / 2;
    const [early, late] = [planned.filter(({ at }) => at < half), planned.filter(({ at }) => at >= half)];
    const faults = await inflict(early, world, 0);
    // While the disk is full, nodes cannot tell each other of anything.
    if (plan.mapSize === undefined) await calm(world, random("calm"));
    for (const [name, count] of await inflict(late, world, half)) faults.set(name, (faults.get(name) ?? 0) + count);
    history.note("the faults are over");
    jobs.stop();
    if (plan.mapSize !== undefined) await makeRoom(world);
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    await calm(world, random("last calm"));
    const stuck = await settle(world);
    const verdict = check(history);
    for (const text of stuck) verdict.violations.push({ kind: "lost", text });
    const refused = history.events
      .flatMap(({ attempts }) => attempts)
      .filter(({ error }) => error !== undefined).length;
    return { ...verdict, history, faults, refused, errors: nodes.flatMap(({ errors }) => errors) };
  } finally {
    jobs.leave();
    for (const subscriber of subscribers) subscriber.stop();
    await Promise.all(nodes.map((node) => node.kill()));
    await store.stop();
  }
}

/** Publishes a last event for all, and waits until everybody has got it. @param {World} world */
async function settle({ history, subscribers, publishers, nodes }) {
  const end = performance.now() + SETTLE_LIMIT_MS;
  const left = () => performance.now() < end;
  const publisher = new Publisher(history, publishers.length, nodes, new Random(0), {
    perSecond: 0,
    usesOwnIds: false,
  });
  let last = await publisher.publish(undefined);
  while (!isAcknowledged(last) && left()) {
    await wait(ASK_EVERY_MS);
    last = await publisher.publish(undefined);
  }
  if (!isAcknowledged(last)) return [`nothing could be published any more: ${last.attempts[0]?.error}`];
  const missing = () => subscribers.filter(({ record }) => !hasReached(record, last.key));
  while ((missing().length > 0 || !history.jobs.every(isOver)) && left()) await wait(ASK_EVERY_MS);
  await wait(AFTERMATH_MS);
  return missing().map(({ record }) => `${record.name} never came to the end`);
}

/** The disk becomes larger: each node is started anew with the new size, all but one after another. @param {World} world */
async function makeRoom({ store, nodes, history }) {
  history.note("the disk becomes larger");
  store.mapSize = undefined;
  for (const node of nodes) {
    await node.kill();
    await node.start();
  }
}
