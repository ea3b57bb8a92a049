/**
 * Runs two nodes on one log, a publisher of the numbers 1, 2, 3 … and three subscribers. Kills and restarts the nodes
 * and the log, then checks that no number is missing.
 *
 *     npm start -w sluice-cluster-example -- [--log redis|nats|lmdb] [--seconds 30]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster } from "./cluster.mjs";
import { readFlags } from "./flags.mjs";
import { watchKeys } from "./keys.mjs";
import { Publisher } from "./publisher.mjs";
import { Subscriber } from "./subscriber.mjs";

const SUBSCRIBERS = 3;
const STATUS_INTERVAL_MS = 1_000;
/** When everything runs again, the subscribers have this long to receive the last numbers, in ms. */
const ARRIVAL_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;

/** The schedule. Times are fractions of the whole run. */
const SCHEDULE = /** @type {const} */ ([
  [0.15, "kill", "A"],
  [0.3, "start", "A"],
  [0.4, "kill", "log"],
  [0.55, "start", "log"],
  [0.65, "kill", "B"],
  [0.8, "start", "B"],
]);

const publisher = new Publisher();
const subscribers = Array.from({ length: SUBSCRIBERS }, () => new Subscriber());
const publishing = new AbortController();
const subscribing = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

let pendingActions = Promise.resolve();

const { kind, seconds } = readFlags();
const cluster = await Cluster.start(kind).catch((error) => {
  console.error(error.message);
  process.exit(2);
});
console.log(`two nodes on ${cluster.log}, ${SUBSCRIBERS} subscribers, ${seconds} s`);
if (process.stdin.isTTY) {
  console.log("keys: a, b and s kill or restart node A, node B and the log server; q quits and prints the result");
}

const stopKeys = watchKeys({
  a: () => toggle("A"),
  b: () => toggle("B"),
  s: () => toggle("log"),
  q: () => publishing.abort(),
});
const timers = SCHEDULE.map(([at, action, name]) => setTimeout(() => void act(action, name), at * seconds * 1_000));
const statusTimer = setInterval(() => printStatus(""), STATUS_INTERVAL_MS);
const published = publisher.run(cluster.urls, publishing.signal);
const subscribed = subscribers.map((subscriber, i) => subscriber.run(cluster.urls, i, subscribing.signal));

await sleep(seconds * 1_000, undefined, { signal: publishing.signal }).catch(() => {});
for (const timer of timers) clearTimeout(timer);
await pendingActions;
await cluster.start(cluster.processes);
publishing.abort();
await published;
const deadline = performance.now() + ARRIVAL_TIMEOUT_MS;
while (subscribers.some(({ last }) => last < publisher.last) && performance.now() < deadline)
  await sleep(POLL_INTERVAL_MS);

clearInterval(statusTimer);
stopKeys();
subscribing.abort();
await Promise.all(subscribed);
await cluster.stop();
process.exitCode = printResult() ? 0 : 1;

/**
 * Kills or starts processes. Runs one action after the other, so that a starting process is up before it is killed.
 * @param {"kill" | "start"} action
 * @param {"A" | "B" | "log"} name
 */
async function act(action, name) {
  const processes = cluster.named(name);
  pendingActions = pendingActions.then(() => cluster[action](processes));
  await pendingActions;
  const names = processes.map((part) => part.name).join(" and ");
  printStatus(`  <-- ${action === "kill" ? "SIGKILL" : "restarted"}: ${names}`);
}

/** @param {"A" | "B" | "log"} name */
function toggle(name) {
  void act(cluster.named(name).some((part) => part.isUp) ? "kill" : "start", name);
}

/** @param {string} suffix */
function printStatus(suffix) {
  const receivedByAll = Math.min(...subscribers.map(({ last }) => last));
  const isWrong = subscribers.some(({ missing, duplicates, gaps }) => missing + duplicates + gaps > 0);
  const result = isWrong ? "EVENTS MISSING OR DUPLICATED" : "nothing missing";
  const up = cluster.processes.map((part) => `${part.name} ${part.isUp ? "up" : "DOWN"}`).join(", ");
  console.log(`#${publisher.last} published · #${receivedByAll} received by all · ${result} · ${up}${suffix}`);
}

/** Prints the counts. Returns true if each subscriber has received each number exactly once. */
function printResult() {
  const sum = (/** @type {(subscriber: Subscriber) => number} */ count) =>
    subscribers.map(count).reduce((a, b) => a + b);
  const missing = sum((subscriber) => subscriber.missing + Math.max(0, publisher.last - subscriber.last));
  const [duplicates, gaps] = [sum((subscriber) => subscriber.duplicates), sum((subscriber) => subscriber.gaps)];
  const received = `received ${subscribers.map((subscriber) => subscriber.received).join(", ")}`;
  const errors = `missing ${missing} · duplicates ${duplicates} · gaps ${gaps}`;
  console.log(`published ${publisher.last} · ${received} · ${errors}`);
  return publisher.last > 0 && missing + duplicates + gaps === 0;
}
