/**
 * Sluice, with the broadcast of its documentation: one channel, and one subscription per request. All options but the
 * heartbeat and the stall timeout have their defaults.
 */
import { createServer } from "node:http";
import { HEARTBEAT_MS } from "../settings.mjs";
import { serveBench, userOf } from "./serve-bench.mjs";

/**
 * `entry`: URL of the `sluice` entry to load; default, this repository's build. `byUser`: each subscriber names its
 * user as its topic. The rest are options of `createSluice`.
 * @type {{ entry?: string, byUser?: boolean, compress?: boolean, highWaterMark?: number }}
 */
const { entry = "sluice", byUser = false, ...options } = JSON.parse(process.argv[2] ?? "{}");

/** @type {typeof import("sluice")} */
const { createSluice } = await import(entry);

// A stalled subscriber must stay connected until the scenario has measured its cost.
const sluice = createSluice({ heartbeat: HEARTBEAT_MS, stallTimeout: HEARTBEAT_MS, ...options });
const orders = sluice.channel("orders");

/** The sockets of subscribers that never read. @type {import("node:net").Socket[]} */
const stalled = [];
let mostBytesWaiting = 0;

const server = createServer((req, res) => {
  if (req.url?.startsWith("/stalled")) stalled.push(req.socket);
  const subscription = byUser ? orders.subscribe({ topics: [`user:${userOf(req.url)}`] }) : orders.subscribe();
  void sluice.stream(req, res, subscription);
});

serveBench({
  server,
  streams: () => sluice.stats().streams,
  publish({ type, data }) {
    for (const socket of stalled) mostBytesWaiting = Math.max(mostBytesWaiting, bytesWaiting(socket));
    return orders.publish(type, data);
  },
  publishTo(user, { type, data }) {
    orders.publish(type, data, { topics: [`user:${user}`] });
  },
  methods: { mostBytesWaiting: () => mostBytesWaiting },
});

/**
 * Returns the number of bytes that were written to a socket and that the kernel has not taken yet. It adds the bytes
 * that the stream holds to those that its handle has queued, and counts the write in flight, which is in both, once.
 * @param {any} socket
 */
function bytesWaiting(socket) {
  const { writing, writelen } = socket._writableState;
  return socket.writableLength - (writing ? writelen : 0) + (socket._handle?.writeQueueSize ?? 0);
}
