import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context, MiddlewareHandler } from "hono";
import type { Sluice, Source, SourceContext, StreamOptions } from "../index.ts";
import { type AdapterOptions, checkAdapterOptions } from "./adapter-options.ts";

export type { AdapterOptions as SluiceHonoOptions } from "./adapter-options.ts";

declare module "hono" {
  interface ContextVariableMap {
    /**
     * Answers with an event stream; see `Sluice.response`. Return it: `return c.var.sse(source)`. It keeps the headers that were set by
     * `c.header()` until then. How the stream ends is told to the option `onClose`.
     * Rejects only with `INVALID_OPTION`, which Hono then answers like any error.
     */
    sse: <T>(source: Source<T, Request>, options?: StreamOptions) => Promise<Response>;
  }
}

/**
 * A Hono middleware that adds `c.var.sse(source, options)`. On @hono/node-server the stream goes to Node's own response, past
 * `ReadableStream`, which costs a fraction; everywhere else it is the body of a `Response`.
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
      const response = await sluice.response(c.req.raw, source, stream);
      return c.newResponse(response.body, response);
    });
    return next();
  };
}

async function streamOnNode<T>(
  c: Context,
  sluice: Sluice,
  source: Source<T, Request>,
  options: StreamOptions | undefined,
): Promise<Response> {
  const { incoming, outgoing } = c.env as { incoming: IncomingMessage; outgoing: ServerResponse };
  c.res.headers.forEach((value, name) => void outgoing.appendHeader(name, value));
  // A source function gets the request of Hono, wherever it runs.
  const forNode =
    typeof source === "function" ? (context: SourceContext) => source(withRequest(context, c.req.raw)) : source;
  const closed = sluice.stream(incoming, outgoing, forNode, options);
  // What is misused rejects at once, before anything is answered. The end of the stream is not waited for.
  await Promise.race([closed, undefined]);
  const sent = new Response(null, { headers: { "x-hono-already-sent": "true" } });
  // node-server replaces Response by a class that it would send without a look at this header, until its body was read once.
  void sent.body;
  return sent;
}

function withRequest(context: SourceContext, request: Request): SourceContext<Request> {
  // The signal is made only when somebody asks for it.
  return {
    get signal() {
      return context.signal;
    },
    lastEventId: context.lastEventId,
    request,
  };
}
