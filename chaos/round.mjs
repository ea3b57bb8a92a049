// @ts-check
import { checkAgreement } from "./agreement.mjs";
import { makeFurtherChannel } from "./channels/further-channels.mjs";
import { DOC_CHANNEL, JUDGED_CHANNELS, MAIN_CHANNEL, smaller } from "./channels/names.mjs";
import { checkAll } from "./checker/check.mjs";
import { isOver } from "./checker/jobs.mjs";
import { JobStarter } from "./clients/job-starter.mjs";
import { Publisher } from "./clients/publisher.mjs";
import { Subscriber } from "./clients/subscriber.mjs";
import { NodeHandle } from "./cluster/node-handle.mjs";
import { planFaults, runFaults } from "./faults/schedule.mjs";
import { History } from "./history.mjs";
import { Random } from "./random.mjs";
import { settle } from "./settle.mjs";
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
 * @typedef {Verdict & { histories: readonly History[], faults: Map<string, number>, errors: string[],
 *   refused: number }} Outcome
 *   `histories`: those of the channels, the main one first; `faults`: how often each fault ran; `refused`: calls of
 *   `publish` that were rejected
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

/**
 * Runs one round: a cluster on an empty store, faults, and repair; then judges its history.
 * @param {RoundSettings} settings
 * @returns {Promise<Outcome>}
 */
export async function runRound(settings) {
  const { plan } = settings;
  const random = (/** @type {string} */ purpose) => new Random(settings.seed, purpose);
  const parts = await makeParts(settings, random);
  const { history, nodes, subscribers, publishers, further, store } = parts;
  const visitors = further.flatMap((channel) => channel.visitors);
  const deleters = further.flatMap(({ deleter }) => deleter ?? []);
  const allPublishers = [...publishers, ...further.flatMap((channel) => channel.publishers)];
  const jobs = new JobStarter(history, nodes, random("jobs"));
  try {
    await Promise.all(nodes.map((node) => node.start()));
    for (const subscriber of subscribers) subscriber.connect();
    for (const visitor of visitors) void visitor.start();
    for (const each of [...allPublishers, ...deleters]) each.start();
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
    for (const visitor of visitors) visitor.stop();
    await Promise.all([...allPublishers, ...deleters].map((each) => each.stop()));
    await checkAgreement(parts, random("last agreement"));
    const missing = await settle(parts, () => history.jobs.every(isOver));
    for (const { side, name } of subscribers)
      if (side?.received === 0) history.sideFaults.push(`${name} received nothing of the second channel`);
    const histories = [history, ...further.map((channel) => channel.history)];
    const verdict = checkAll(histories);
    verdict.violations.push(...missing);
    const attempts = histories.flatMap(({ events }) => events.flatMap((event) => event.attempts));
    const refused = attempts.filter(({ error }) => error !== undefined).length;
    return { ...verdict, histories, faults, refused, errors: nodes.flatMap(({ errors }) => errors) };
  } finally {
    jobs.stopFollowers();
    for (const subscriber of [subscribers, ...further.map((channel) => channel.subscribers)].flat()) subscriber.stop();
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
  const history = new History(MAIN_CHANNEL);
  history.retained = plan.retain.events;
  history.storeLostData = plan.losesData ?? false;
  // LMDB detects that another file took the place of the first.
  history.showsLoss = kind === "lmdb";
  const others = JUDGED_CHANNELS.slice(1).map((channel) => history.ofChannel(channel));
  for (const other of others) other.retained = smaller(plan.retain).events;
  const doc = others.find(({ channel }) => channel === DOC_CHANNEL);
  const nodeCount = random("nodes").whole(2, 3);
  const store = await STORES[kind](nodeCount);
  store.mapSize = plan.mapSize;
  const nodes = Array.from({ length: nodeCount }, (_, i) => {
    const options = () => ({ log: { kind, options: store.options(i) }, retain: plan.retain, window: plan.window });
    return new NodeHandle(`node ${i + 1}`, [history, ...others], options);
  });
  const subscribers = Array.from({ length: count }, (_, i) => {
    const name = `subscriber ${i}`;
    const user = /** @type {string} */ (USERS[i % USERS.length]);
    const isCombined = i % 3 === 2;
    const topics = TOPICS[i % TOPICS.length];
    const options = { round: history, name, topics, user, nodes, random: random(name) };
    return new Subscriber({ ...options, ...(isCombined && doc && { doc }) });
  });
  const publishers = Array.from({ length: PUBLISHERS }, (_, number) => {
    const options = { perSecond: perSecond / PUBLISHERS, usesOwnIds: true, random: random(`publisher ${number}`) };
    return new Publisher({ history, number, nodes, ...options });
  });
  const further = others.map((other) => makeFurtherChannel(other, { round: history, nodes, users: USERS, random }));
  // Those that come and go do so by themselves.
  const staying = further.filter(({ visitors }) => visitors.length === 0).flatMap((channel) => channel.subscribers);
  return { history, nodes, subscribers: [...subscribers, ...staying], users: USERS, publishers, further, store };
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
