/** \@fastify/sse by its documented way to broadcast: `reply.sse` of each request, kept open and sent to in a loop. */
import fastifySse from "@fastify/sse";
import fastify from "fastify";
import { HEARTBEAT_MS } from "../settings.mjs";
import { serveBench } from "./bench-server.mjs";

/** @type {Set<import("@fastify/sse").SSEReplyInterface>} */
const streams = new Set();

const app = fastify();
await app.register(fastifySse, { heartbeatInterval: HEARTBEAT_MS });
app.get("/events", { sse: true }, async (_request, reply) => {
  reply.sse.keepAlive();
  reply.sse.sendHeaders();
  streams.add(reply.sse);
  reply.sse.onClose(() => streams.delete(reply.sse));
});
await app.ready();

serveBench({
  server: app.server,
  streams: () => streams.size,
  publish({ id, type, data }) {
    // One that has gone meanwhile rejects, which must not end the process.
    for (const stream of streams) stream.send({ id, event: type, data }).catch(ignore);
  },
});

function ignore() {}
