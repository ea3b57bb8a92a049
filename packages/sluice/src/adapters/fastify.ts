import type { IncomingMessage } from "node:http";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import type { CloseReason, NodeRequest, NodeResponse, Source, StreamOptions } from "../index.ts";
import { checkAdapterOptions, type DrainingAdapterOptions } from "./adapter-options.ts";

export type { DrainingAdapterOptions as SluiceFastifyOptions } from "./adapter-options.ts";

declare module "fastify" {
  interface FastifyReply {
    /**
     * Answers with an event stream; see `Sluice.stream`. Return its promise: `return reply.sse(source)`. It resolves to
     * the reason for which the stream ended. The answer keeps the headers that `reply.header()` set. `onSend` hooks do
     * not run, since the reply is hijacked. Rejects only with `INVALID_OPTION`, which Fastify answers like any error.
     */
    sse(source: Source<IncomingMessage>, options?: StreamOptions): Promise<CloseReason>;
  }
}

/**
 * A Fastify plugin that adds `reply.sse(source, options)`, on HTTP/1.1 and HTTP/2, and drains the Sluice on
 * `app.close()`.
 *
 * ```ts
 * await app.register(sluiceFastify, { sluice });
 * app.get("/orders", (request, reply) => reply.sse(orders.subscribe()));
 * ```
 * Registration fails with `INVALID_OPTION` if an option is wrong.
 */
export const sluiceFastify: FastifyPluginAsync<DrainingAdapterOptions> = async (app, options) => {
  checkAdapterOptions("sluiceFastify", options, ["sluice", "drain"]);
  const { sluice, drain = {} } = options;
  app.decorateReply("sse", function (this: FastifyReply, source: Source<IncomingMessage>, stream?: StreamOptions) {
    const response: NodeResponse = this.raw;
    // If other code has answered, stream() reports that. Setting a header would throw.
    for (const [name, value] of Object.entries(this.getHeaders())) {
      if (value !== undefined && !response.headersSent) this.raw.setHeader(name, value);
    }
    const closed = sluice.stream(this.request.raw as IncomingMessage & NodeRequest, response, source, stream);
    // If an option is wrong, the promise rejects at once, before anything is answered. Then do not hijack the reply:
    // Fastify's error handler answers.
    let isMisused = false;
    closed.catch(() => {
      isMisused = true;
    });
    queueMicrotask(() => isMisused || this.hijack());
    return closed;
  });
  if (drain !== false) app.addHook("preClose", () => sluice.drain(drain));
};

// These marks have the effect of fastify-plugin: the application that registers the plugin gets the decorator.
Object.assign(sluiceFastify, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "sluice",
  [Symbol.for("plugin-meta")]: { name: "sluice", fastify: ">=5" },
});
