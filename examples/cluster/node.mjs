/**
 * One node: a plain HTTP server on a log that it shares with the other nodes. `node node.mjs <port> <log>`, where the log is
 * `redis://host:port`, `nats://host:port` or `lmdb:folder`.
 *
 *     GET  /                     the events, from the first one or from `Last-Event-ID`
 *     POST /?id=event-7&data=7   publishes one: 204 once the log has it
 */
import { createServer } from "node:http";
import { createSluice } from "sluice";

const [port, where = ""] = process.argv.slice(2);

const sluice = createSluice({
  log: await openLog(where),
  retry: 300,
  // That the log is away for a while is no news here: whoever publishes hears of it.
  onError: () => {},
});
const numbers = sluice.channel("numbers");

createServer(async (req, res) => {
  if (req.method === "GET") return void sluice.stream(req, res, numbers.subscribe({ from: "start" }));
  const query = new URL(req.url ?? "", "http://node").searchParams;
  try {
    // With an ID of its own the event can be published again, by whichever node, and is still one event.
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
