/** Sluice by its documented way to broadcast: one channel, one subscription a request. All defaults but the heartbeat. */
import { createServer } from "node:http";
import { createSluice } from "sluice";
import { HEARTBEAT_MS } from "../settings.mjs";
import { serveBench, userOf } from "./bench-server.mjs";

/** @type {{ compress?: boolean, byUser?: boolean, highWaterMark?: number }} */
const { byUser = false, ...options } = JSON.parse(process.argv[2] ?? "{}");

// The stalled subscribers are to stay for as long as one looks at what they cost.
const sluice = createSluice({ heartbeat: HEARTBEAT_MS, stallTimeout: HEARTBEAT_MS, ...options });
const orders = sluice.channel("orders");

/** The sockets of subscribers that never read. @type {import("node:net").Socket[]} */
const stalled = [];
let mostWaiting = 0;

const server = createServer((req, res) => {
  if (req.url?.startsWith("/stalled")) stalled.push(req.socket);
  const subscription = byUser ? orders.subscribe({ topics: [`user:${userOf(req.url)}`] }) : orders.subscribe();
  void sluice.stream(req, res, subscription);
});

serveBench({
  server,
  streams: () => sluice.stats().streams,
  publish({ type, data }) {
    for (const socket of stalled) mostWaiting = Math.max(mostWaiting, bytesWaiting(socket));
    return orders.publish(type, data);
  },
  publishTo(user, { type, data }) {
    orders.publish(type, data, { topics: [`user:${user}`] });
  },
  methods: { mostWaiting: () => mostWaiting },
});

/**
 * The bytes given to a socket that the kernel has not taken, however they were given to it: those that the stream holds
 * back, and those that the handle below it has queued. The one write that is under way is in both counts.
 * @param {any} socket
 */
function bytesWaiting(socket) {
  const { writing, writelen } = socket._writableState;
  return socket.writableLength - (writing ? writelen : 0) + (socket._handle?.writeQueueSize ?? 0);
}
