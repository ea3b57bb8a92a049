/**
 * Sluice, broadcasting as its documentation shows: one channel, and one subscription per request. Unless `argv` sets
 * others, all options have their defaults, except the heartbeat and the stall timeout.
 */
import { createServer } from "node:http";
import { HEARTBEAT_MS } from "../settings.mjs";
import { serveBench, userOf } from "./serve-bench.mjs";

/**
 * `entry`: URL of the `sluice` entry to load. Default: this repository's build. `byUser`: each subscriber names its
 * user as its topic. All other fields are options of `createSluice`.
 * @type {{ entry?: string, byUser?: boolean, compress?: boolean, highWaterMark?: number }}
 */
const { entry = "sluice", byUser = false, ...options } = JSON.parse(process.argv[2] ?? "{}");

/** @type {typeof import("sluice")} */
const { createSluice } = await import(entry);

// A stalled subscriber must stay connected until the scenario has measured its cost.
const sluice = createSluice({ heartbeat: HEARTBEAT_MS, stallTimeout: HEARTBEAT_MS, ...options });
const orders = sluice.channel("orders");

/** Sockets of the subscribers that never read. @type {import("node:net").Socket[]} */
const stalled = [];
let maxBytesWaiting = 0;

const server = createServer((req, res) => {
  if (req.url?.startsWith("/stalled")) stalled.push(req.socket);
  const subscription = byUser ? orders.subscribe({ topics: [`user:${userOf(req.url)}`] }) : orders.subscribe();
  void sluice.stream(req, res, subscription);
});

serveBench({
  server,
  streams: () => sluice.stats().streams,
  publish({ type, data }) {
    for (const socket of stalled) maxBytesWaiting = Math.max(maxBytesWaiting, bytesWaiting(socket));
    return orders.publish(type, data);
  },
  publishTo(user, { type, data }) {
    orders.publish(type, data, { topics: [`user:${user}`] });
  },
  methods: { maxBytesWaiting: () => maxBytesWaiting },
});

/**
 * Returns the number of bytes written to a socket that the kernel has not taken yet: the bytes in the stream's buffer
 * and the bytes queued in its handle. The write in flight is in both, so it is counted once.
 * @param {any} socket
 */
function bytesWaiting(socket) {
  const { writing, writelen } = socket._writableState;
  return socket.writableLength - (writing ? writelen : 0) + (socket._handle?.writeQueueSize ?? 0);
}
