// @ts-check
/**
 * One of the processes of a rolling deploy: `node rolling-server.mjs PORT FOLDER`. GET answers with the stream of a
 * channel whose log is in the folder. POST publishes an event. The proxy checks /health/ready. On SIGTERM, the process
 * drains.
 */
import { createServer } from "node:http";
import { createSluice } from "sluice";
import { lmdbLog } from "sluice/lmdb";

const [port, path = ""] = process.argv.slice(2);
const sluice = createSluice({ log: lmdbLog({ path }), drainOn: ["SIGTERM"] });
const numbers = sluice.channel("numbers");
await numbers.position();

createServer(async (request, response) => {
  if (request.url === "/health/ready") {
    response.writeHead(sluice.health().status === "ok" ? 200 : 503).end();
  } else if (request.method === "POST") {
    response.end(await numbers.publish("number", {}));
  } else {
    await sluice.stream(request, response, numbers.subscribe());
  }
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
