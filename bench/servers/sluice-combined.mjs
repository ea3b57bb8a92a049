/** Sluice, with streams that combine several channels. Each event goes to the next channel. */
import { createServer } from "node:http";
import { createSluice } from "sluice";
import { HEARTBEAT_MS } from "../settings.mjs";
import { serveBench } from "./serve-bench.mjs";

/** `parts`: number of channels of each stream; 0: one channel, not combined. @type {{ parts?: number }} */
const { parts = 0 } = JSON.parse(process.argv[2] ?? "{}");

const sluice = createSluice({ heartbeat: HEARTBEAT_MS });
const channels = Array.from({ length: Math.max(1, parts) }, (_, i) => sluice.channel(`channel-${i}`));
const only = channels[0] ?? sluice.channel("channel-0");
let next = 0;

const combine = () =>
  sluice.combine(Object.fromEntries(channels.map((channel, i) => [`part${i}`, channel.subscribe()])));
/** Each request subscribes anew, as an application does for its user. */
const source = () => (parts === 0 ? only.subscribe() : combine());

const server = createServer((req, res) => void sluice.stream(req, res, source()));

serveBench({
  server,
  streams: () => sluice.stats().streams,
  publish({ type, data }) {
    return (channels[next++ % channels.length] ?? only).publish(type, data);
  },
  methods: {
    /** Resolves to the position of now, from which a subscriber may resume. */
    position: () => (parts === 0 ? only : combine()).position(),
  },
});
