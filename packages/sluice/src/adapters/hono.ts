import type { MiddlewareHandler } from "hono";
import type { Source, StreamOptions } from "../index.ts";
import { FRAMEWORK } from "../stream/opening/framework.ts";
import { withResponse } from "./hono/hono-error.ts";
import { streamOnNode } from "./hono/hono-on-node.ts";
import { type AdapterOptions, checkAdapterOptions } from "./shared/adapter-options.ts";

export type { AdapterOptions as SluiceHonoOptions } from "./shared/adapter-options.ts";

declare module "hono" {
  interface ContextVariableMap {
    /**
     * Answers with an event stream; see `Sluice.response`. Return its promise: `return c.var.sse(source)`. The answer
     * has the headers that `c.header()` set before, and those that middlewares set after `next()`. The option `onClose`
     * receives the reason for which the stream ended. Rejects with an error of the source function, unless `throws` is
     * `"none"`, and with `INVALID_OPTION`. Both go to `app.onError()`, and an error keeps its status.
     */
    sse(source: Source<Request>, options?: StreamOptions): Promise<Response>;
  }
}

/**
 * A Hono middleware that adds `c.var.sse(source, options)`. On @hono/node-server, the stream is written to Node's own
 * response, which costs far less than a `ReadableStream`. Elsewhere, it is the body of a `Response`.
 *
 * ```ts
 * app.use(sluiceHono({ sluice }));
 * app.get("/orders", (c) => c.var.sse(orders.subscribe()));
 * ```
 * Throws `INVALID_OPTION`.
 */
export function sluiceHono(options: AdapterOptions): MiddlewareHandler {
  checkAdapterOptions("sluiceHono", options, ["sluice"]);
  const { sluice } = options;
  return (c, next) => {
    c.set("sse", async (source, stream) => {
      if (typeof c.env?.outgoing?.writeHead === "function") return streamOnNode(c, sluice, source, stream);
      const options = { ...stream, [FRAMEWORK]: true };
      const response = await sluice.response(c.req.raw, source, options).catch((error) => {
        for (const [name, value] of Object.entries(stream?.headers ?? {})) c.header(name, value);
        throw withResponse(error);
      });
      return c.newResponse(response.body, response);
    });
    return next();
  };
}
