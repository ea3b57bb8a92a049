import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "hono";
import type { Sluice, Source, SourceContext, StreamOptions } from "../index.ts";

/** Streams to Node's response, which @hono/node-server hands on, and returns what tells it to leave that alone. */
export async function streamOnNode(
  c: Context,
  sluice: Sluice,
  source: Source<Request>,
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
  // What node-server's RESPONSE_ALREADY_SENT is, made anew, since middlewares may still set headers on it.
  return new Response(null, { headers: { "x-hono-already-sent": "true" } });
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
