/**
 * A server whose Sluices drain on signals. Its argument is JSON: `sluices`, the options of each; `protocol`, `http` or
 * `http2`; `listener`, how the program itself listens for SIGTERM; `source` of the streams, `parked` or `job`; `idle`,
 * true for a program that serves nothing. Prints its port, and what it does.
 */
import { createServer } from "node:http";
import { createServer as createServer2 } from "node:http2";
import { createSluice } from "../../../dist/index.js";

const setup = JSON.parse(process.argv[2] ?? "{}");
const { sluices: options = [{}], protocol = "http", listener, source = "parked", idle = false } = setup;
const print = (message) => console.log(JSON.stringify(message));
const sluices = options.map((each) => createSluice({ drainOn: ["SIGTERM", "SIGINT"], ...each }));

async function* parked() {
  yield "open";
  await new Promise(() => undefined);
}

const server = (protocol === "http" ? createServer : createServer2)((request, response) => {
  const [, name, index] = request.url.split("/");
  if (name === "raise") process.kill(process.pid, index);
  if (name === "raise" || name === "json") return response.end(JSON.stringify({ pid: process.pid }));
  const sluice = sluices[Number(index ?? 0)];
  const onClose = (reason) => print({ closed: reason });
  const made = source === "parked" ? parked : sluice.jobs("work").progress("job");
  void sluice.stream(request, response, made, { onClose });
});

const endless = ({ signal }) => new Promise(() => signal.addEventListener("abort", () => print({ job: "aborted" })));
if (source === "job") sluices[0].jobs("work").start(endless, { id: "job" });

const shutDown = async () => {
  print({ listener: "called" });
  await new Promise((resolve) => server.close(resolve));
  print({ listener: "server closed" });
  process.exit(7);
};
if (listener === "on") process.on("SIGTERM", shutDown);
if (listener === "once") process.once("SIGTERM", shutDown);
if (listener === "close")
  process.on("SIGTERM", () => Promise.all(sluices.map((sluice) => sluice.close())).then(shutDown));
if (listener === "log") process.on("SIGTERM", () => print({ listener: "called" }));

if (idle) setTimeout(() => print({ listeners: process.listenerCount("SIGTERM") }), 200);
else server.listen(0, "127.0.0.1", () => print({ port: server.address().port }));
