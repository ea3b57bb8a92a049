/** Publishes to a log, and reads back what it has published as another process would: `lmdb <folder>`, `redis <url>` or `nats <url>`. */
import { createSluice } from "../../../dist/index.js";

const [kind, address] = process.argv.slice(-2);
// What waits for a log alone keeps no process alive.
const alive = setInterval(() => undefined, 1_000);

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
// The last one comes while it waits.
const last = events.next();
const id = await orders.publish("placed", texts[2], { id: "own" });
const { value } = await last;
seen.push(value.data);
if (value.id !== id || seen.some((text, i) => text !== texts[i]))
  throw new Error("What came is not what was published.");
await events.return();
await publisher.close();
await reader.close();
clearInterval(alive);
console.log(JSON.stringify({ done: seen.length }));
