/** Hono's `streamSSE` on \@hono/node-server: keep each request's stream open, and write to all in a loop. */
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { serveBench } from "./serve-bench.mjs";

/** @type {Set<import("hono/streaming").SSEStreamingApi>} */
const streams = new Set();

const app = new Hono();
app.get("/events", (c) =>
  streamSSE(c, async (stream) => {
    streams.add(stream);
    await new Promise((resolve) => stream.onAbort(() => resolve(undefined)));
    streams.delete(stream);
  }),
);

serveBench({
  server: /** @type {import("node:http").Server} */ (createAdaptorServer({ fetch: app.fetch })),
  streams: () => streams.size,
  publish({ id, type, data }) {
    // `writeSSE` takes text. Serializing once for all streams is the best that a user of Hono can do.
    const text = JSON.stringify(data);
    for (const stream of streams) stream.writeSSE({ id, event: type, data: text });
  },
});
