import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "hono";
import type { Sluice, Source, SourceContext, StreamOptions } from "../index.ts";

/**
 * Streams to Node's own response, which @hono/node-server puts into `c.env`. Returns a response by which node-server
 * knows that the request is answered.
 */
export async function streamOnNode(
  c: Context,
  sluice: Sluice,
  source: Source<Request>,
  options: StreamOptions | undefined,
): Promise<Response> {
  const { incoming, outgoing } = c.env as { incoming: IncomingMessage; outgoing: ServerResponse };
  c.res.headers.forEach((value, name) => {
    // If other code has answered, stream() reports that. Adding a header would throw.
    if (!outgoing.headersSent) outgoing.appendHeader(name, value);
  });
  // A source function receives Hono's request, as it does outside Node.
  const forNode =
    typeof source === "function" ? (context: SourceContext) => source(withRequest(context, c.req.raw)) : source;
  const closed = sluice.stream(incoming, outgoing, forNode, withHonoRequest(options, c.req.raw));
  // Reject if an option is wrong, which is known at once. Do not wait for the end of the stream.
  await Promise.race([closed, undefined]);
  // Equal to node-server's RESPONSE_ALREADY_SENT, but new, since middlewares may still set headers on it.
  return new Response(null, { headers: { "x-hono-already-sent": "true" } });
}

/** `onRefuse` of the options receives Hono's request, as it does outside Node. */
function withHonoRequest(options: StreamOptions | undefined, request: Request): StreamOptions | undefined {
  const { onRefuse } = options ?? {};
  if (typeof onRefuse !== "function") return options;
  return { ...options, onRefuse: (refusal) => onRefuse(refusal, request as never) };
}

function withRequest(context: SourceContext, request: Request): SourceContext<Request> {
  // A getter, since `context.signal` makes the signal when it is first read.
  return {
    get signal() {
      return context.signal;
    },
    lastEventId: context.lastEventId,
    request,
  };
}
