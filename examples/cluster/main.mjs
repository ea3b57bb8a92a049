/**
 * Two nodes on one log, a publisher of 1, 2, 3 … and three subscribers. Nodes and log are killed and come back; nothing is missing.
 *
 *     npm start -w sluice-cluster-example -- [--log redis|nats|lmdb] [--seconds 30]
 */
import { setTimeout as pause } from "node:timers/promises";
import { Cluster } from "./cluster.mjs";
import { readFlags } from "./flags.mjs";
import { watchKeys } from "./keys.mjs";
import { Publisher } from "./publisher.mjs";
import { Subscriber } from "./subscriber.mjs";

const SUBSCRIBERS = 3;
const SAY_EVERY_MS = 1_000;
/** How long the last events may take until everybody has them, when all is up again. */
const ARRIVAL_TIMEOUT_MS = 15_000;
const LOOK_EVERY_MS = 50;

/** When who is killed, and started again, as a part of the whole time. */
const TIMETABLE = /** @type {const} */ ([
  [0.15, "kill", "A"],
  [0.3, "start", "A"],
  [0.4, "kill", "store"],
  [0.55, "start", "store"],
  [0.65, "kill", "B"],
  [0.8, "start", "B"],
]);

const publisher = new Publisher();
const subscribers = Array.from({ length: SUBSCRIBERS }, () => new Subscriber());
const publishing = new AbortController();
const following = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

let acting = Promise.resolve();

const { kind, seconds } = readFlags();
const cluster = await Cluster.start(kind).catch((error) => {
  console.error(error.message);
  process.exit(2);
});
console.log(`two nodes on ${cluster.where}, ${SUBSCRIBERS} subscribers, ${seconds} s`);
if (process.stdin.isTTY) console.log("keys: a, b and s kill a node or the store, or start it again; q ends");

const letKeysGo = watchKeys({
  a: () => toggle("A"),
  b: () => toggle("B"),
  s: () => toggle("store"),
  q: () => publishing.abort(),
});
const timers = TIMETABLE.map(([at, what, name]) => setTimeout(() => void act(what, name), at * seconds * 1_000));
const lines = setInterval(() => say(""), SAY_EVERY_MS);
const published = publisher.run(cluster.urls, publishing.signal);
const followed = subscribers.map((subscriber, i) => subscriber.run(cluster.urls, i, following.signal));

await pause(seconds * 1_000, undefined, { signal: publishing.signal }).catch(() => {});
for (const timer of timers) clearTimeout(timer);
await acting;
await cluster.start(cluster.parts);
publishing.abort();
await published;
const deadline = performance.now() + ARRIVAL_TIMEOUT_MS;
while (subscribers.some(({ last }) => last < publisher.last) && performance.now() < deadline)
  await pause(LOOK_EVERY_MS);

clearInterval(lines);
letKeysGo();
following.abort();
await Promise.all(followed);
await cluster.stop();
process.exitCode = sayResult() ? 0 : 1;

/**
 * One thing after the other: what is being started is up before it is killed.
 * @param {"kill" | "start"} what
 * @param {"A" | "B" | "store"} name
 */
async function act(what, name) {
  const parts = cluster.named(name);
  acting = acting.then(() => cluster[what](parts));
  await acting;
  say(`  <-- ${what === "kill" ? "SIGKILL" : "started again"}: ${parts.map((part) => part.name).join(" and ")}`);
}

/** @param {"A" | "B" | "store"} name */
function toggle(name) {
  void act(cluster.named(name).some((part) => part.isUp) ? "kill" : "start", name);
}

/** @param {string} what */
function say(what) {
  const byAll = Math.min(...subscribers.map(({ last }) => last));
  const wrong = subscribers.some(({ missing, twice, gaps }) => missing + twice + gaps > 0);
  const up = cluster.parts.map((part) => `${part.name} ${part.isUp ? "up" : "DOWN"}`).join(", ");
  console.log(
    `#${publisher.last} published · #${byAll} received by all · ${wrong ? "NOT AS IT SHOULD BE" : "nothing missing"} · ${up}${what}`,
  );
}

/** Says whether each of them has had each event once. */
function sayResult() {
  const sum = (/** @type {(subscriber: Subscriber) => number} */ count) =>
    subscribers.map(count).reduce((a, b) => a + b);
  const missing = sum((subscriber) => subscriber.missing + Math.max(0, publisher.last - subscriber.last));
  const [twice, gaps] = [sum((subscriber) => subscriber.twice), sum((subscriber) => subscriber.gaps)];
  const received = subscribers.map((subscriber) => subscriber.received).join(", ");
  console.log(
    `published ${publisher.last} · received ${received} · missing ${missing} · twice ${twice} · gaps ${gaps}`,
  );
  return publisher.last > 0 && missing + twice + gaps === 0;
}
