/**
 * One node: an HTTP server on a log that it shares with other nodes.
 *
 *     node node.mjs <port> <log>    log: redis://host:port, nats://host:port or lmdb:folder
 *
 *     GET  /                        streams the events after Last-Event-ID, or from the first event
 *     POST /?id=event-7&data=7      publishes an event; 204 when the log has it
 */
import { createServer } from "node:http";
import { createSluice } from "sluice";

const [port, address = ""] = process.argv.slice(2);

const sluice = createSluice({
  log: await openLog(address),
  retry: 300,
  // Ignore background failures: this example kills the log on purpose, and a failed publish reaches the publisher as
  // 503.
  onError: () => {},
});
const numbers = sluice.channel("numbers");

createServer(async (req, res) => {
  if (req.method === "GET") return void sluice.stream(req, res, numbers.subscribe({ from: "start" }));
  const query = new URL(req.url ?? "", "http://node").searchParams;
  try {
    // The publisher's own ID makes a retry safe: the event can be published again at any node and is stored once.
    await numbers.publish("number", query.get("data"), { id: query.get("id") ?? "" });
    res.writeHead(204).end();
  } catch (error) {
    res.writeHead(503, { "content-type": "text/plain" }).end(`${error}\n`);
  }
}).listen(Number(port), "127.0.0.1");

/** @param {string} url */
async function openLog(url) {
  if (url.startsWith("redis:")) return (await import("sluice/redis")).redisLog({ url });
  if (url.startsWith("nats:")) return (await import("sluice/nats")).natsLog({ servers: url });
  return (await import("sluice/lmdb")).lmdbLog({ path: url.slice("lmdb:".length) });
}
