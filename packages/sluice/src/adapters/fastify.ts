import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from "fastify";
import type { CloseReason, NodeRequest, NodeResponse, Source, StreamOptions } from "../index.ts";
import { FRAMEWORK } from "../stream/opening/framework.ts";
import { cutUnusedOnClose } from "../transports/node/connections/server-connections.ts";
import { FastifyTurn } from "./fastify/fastify-turn.ts";
import { checkAdapterOptions, type DrainingAdapterOptions } from "./shared/adapter-options.ts";

export type { DrainingAdapterOptions as SluiceFastifyOptions } from "./shared/adapter-options.ts";

declare module "fastify" {
  interface FastifyReply {
    /**
     * Answers with an event stream; see `Sluice.stream`. Return its promise: `return reply.sse(source)`. It resolves to
     * the reason for which the stream ended. `onSend` hooks run before the head leaves, so the answer has every header
     * that a JSON answer has. An error of the source function goes to the error handler, unless `throws` is `"none"`;
     * the reason is `refused`. Rejects only with `INVALID_OPTION`, which Fastify answers like any error.
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
    const request = this.request.raw as IncomingMessage & NodeRequest;
    const turn = new FastifyTurn(this);
    const options = { ...stream, [FRAMEWORK]: turn };
    const closed = sluice.stream(request, this.raw as NodeResponse, source, options);
    return closed.then(
      (reason) => turn.finished(reason),
      (error) => {
        turn.release();
        throw error;
      },
    );
  });
  if (drain === false) return;
  beforeClose(app, () => sluice.drain(drain));
  app.addHook("preClose", async () => {
    await sluice.drain(drain);
    // Fastify would wait for unused connections until their clients leave.
    cutUnusedOnClose(app.server);
  });
};

/**
 * Calls `act` when the application is closed, and closes it when the promise of `act` has resolved. Once Fastify
 * closes, it answers every request with 503 (`return503OnClosing`), and a native `EventSource` gives up after a 503.
 */
function beforeClose(app: FastifyInstance, act: () => Promise<void>): void {
  let root: FastifyInstance = app;
  // The instances of plugins inherit the method.
  while (!Object.hasOwn(root, "close")) root = Object.getPrototypeOf(root);
  const close = root.close as (...args: unknown[]) => unknown;
  const closeLater = (...args: unknown[]) => act().then(() => close.apply(root, args));
  root.close = closeLater as FastifyInstance["close"];
}

// These marks have the effect of fastify-plugin: the application that registers the plugin gets the decorator.
Object.assign(sluiceFastify, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "sluice",
  [Symbol.for("plugin-meta")]: { name: "sluice", fastify: ">=5" },
});
