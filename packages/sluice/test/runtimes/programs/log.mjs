/**
 * Publishes to a log, and reads the events through a second Sluice. Arguments: `lmdb <folder>`, `redis <url>` or
 * `nats <url>`.
 */
import { createSluice } from "../../../dist/index.js";

const [kind, address] = process.argv.slice(-2);
// A process that only waits for a log would exit.
const keepAlive = setInterval(() => undefined, 1_000);

async function openLog() {
  if (kind === "lmdb") return (await import("../../../dist/logs/lmdb/lmdb-log.js")).lmdbLog({ path: address });
  if (kind === "redis") return (await import("../../../dist/logs/redis/redis-log.js")).redisLog({ url: address });
  return (await import("../../../dist/logs/nats/nats-log.js")).natsLog({ servers: address });
}

const [publisher, reader] = [createSluice({ log: await openLog() }), createSluice({ log: await openLog() })];
const orders = publisher.channel("orders");
const texts = ["plain", "línea\nzwei", "x".repeat(100_000)];
for (const text of texts.slice(0, 2)) await orders.publish("placed", text);
const events = reader.channel("orders").subscribe({ from: "start" })[Symbol.asyncIterator]();
const seen = [(await events.next()).value.data, (await events.next()).value.data];
// The last event comes while the reader waits.
const last = events.next();
const id = await orders.publish("placed", texts[2], { id: "own" });
const { value } = await last;
seen.push(value.data);
if (value.id !== id || seen.some((text, i) => text !== texts[i]))
  throw new Error("The received events differ from the published ones.");
await events.return();
await publisher.close();
await reader.close();
clearInterval(keepAlive);
console.log(JSON.stringify({ done: seen.length }));
