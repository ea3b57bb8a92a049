/** better-sse, broadcasting as its documentation shows: one session per request, registered with a channel. */
import { createServer } from "node:http";
import { createChannel, createSession } from "better-sse";
import { HEARTBEAT_MS } from "../settings.mjs";
import { serveBench } from "./serve-bench.mjs";

const channel = createChannel();

const server = createServer(async (req, res) => {
  channel.register(await createSession(req, res, { keepAlive: HEARTBEAT_MS }));
});

serveBench({
  server,
  streams: () => channel.sessionCount,
  publish({ id, type, data }) {
    channel.broadcast(data, type, { eventId: id });
  },
});
