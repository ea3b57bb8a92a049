/** Sluice by its documented way to broadcast: one channel, one subscription a request. All defaults but the heartbeat. */
import { createServer } from "node:http";
import { createSluice } from "sluice";
import { HEARTBEAT_MS } from "../settings.mjs";
import { serveBench, userOf } from "./bench-server.mjs";

/** @type {{ compress?: boolean, byUser?: boolean, highWaterMark?: number }} */
const { byUser = false, ...options } = JSON.parse(process.argv[2] ?? "{}");

// The stalled subscriber is to stay for as long as one looks at what it costs.
const sluice = createSluice({ heartbeat: HEARTBEAT_MS, stallTimeout: HEARTBEAT_MS, ...options });
const orders = sluice.channel("orders");

/** The socket of the subscriber that never reads. @type {import("node:net").Socket | undefined} */
let stalled;
let mostWaiting = 0;

const server = createServer((req, res) => {
  if (req.url?.startsWith("/stalled")) stalled = req.socket;
  const subscription = byUser ? orders.subscribe({ topics: [`user:${userOf(req.url)}`] }) : orders.subscribe();
  void sluice.stream(req, res, subscription);
});

serveBench({
  server,
  streams: () => sluice.stats().streams,
  publish({ type, data }) {
    if (stalled) mostWaiting = Math.max(mostWaiting, stalled.writableLength);
    return orders.publish(type, data);
  },
  publishTo(user, { type, data }) {
    orders.publish(type, data, { topics: [`user:${user}`] });
  },
  methods: { mostWaiting: () => mostWaiting },
});
