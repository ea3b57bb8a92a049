/** \@fastify/sse, broadcasting as its documentation shows: keep each `reply.sse` open, and send to all in a loop. */
import fastifySse from "@fastify/sse";
import fastify from "fastify";
import { serveBench } from "../servers/serve-bench.mjs";
import { HEARTBEAT_MS } from "../settings.mjs";

/** @type {Set<import("@fastify/sse").SSEReplyInterface>} */
const streams = new Set();

const app = fastify();
await app.register(/** @type {any} */ (fastifySse), { heartbeatInterval: HEARTBEAT_MS });
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
    // `send` rejects if its stream has closed meanwhile. An unhandled rejection would end the process.
    for (const stream of streams) stream.send({ id, event: type, data }).catch(ignore);
  },
});

function ignore() {}
