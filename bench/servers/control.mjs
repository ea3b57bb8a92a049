/**
 * The control: the least work that a server on Node can do. It answers with the head of an event stream, and then
 * writes one pre-framed buffer to each raw socket. It has no other feature.
 */
import { createServer } from "node:http";
import { frameOf } from "../event.mjs";
import { serveBench, userOf } from "./serve-bench.mjs";

/** @type {Map<number, import("node:net").Socket>} */
const sockets = new Map();

const server = createServer((req, res) => {
  const user = userOf(req.url);
  res.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  res.flushHeaders();
  sockets.set(user, /** @type {import("node:net").Socket} */ (res.socket));
  res.on("close", () => sockets.delete(user));
});

/** @param {import("../event.mjs").BenchEvent} event */
function chunkOf(event) {
  const frame = frameOf(event);
  return Buffer.from(`${Buffer.byteLength(frame).toString(16)}\r\n${frame}\r\n`);
}

serveBench({
  server,
  streams: () => sockets.size,
  publish(event) {
    const chunk = chunkOf(event);
    for (const socket of sockets.values()) socket.write(chunk);
  },
  publishTo(user, event) {
    sockets.get(user)?.write(chunkOf(event));
  },
});
