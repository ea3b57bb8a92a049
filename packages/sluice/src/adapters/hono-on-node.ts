import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "hono";
import type { Sluice, Source, SourceContext, StreamOptions } from "../index.ts";
import { FRAMEWORK } from "../stream/opening/framework.ts";
import { HonoTurn } from "./hono-turn.ts";

/**
 * Streams to Node's own response, which @hono/node-server puts into `c.env`. Returns the response to which the
 * middlewares add headers.
 */
export function streamOnNode(
  c: Context,
  sluice: Sluice,
  source: Source<Request>,
  options: StreamOptions | undefined,
): Promise<Response> {
  const { incoming, outgoing } = c.env as { incoming: IncomingMessage; outgoing: ServerResponse };
  // A source function receives Hono's request, as it does outside Node.
  const forNode =
    typeof source === "function" ? (context: SourceContext) => source(withRequest(context, c.req.raw)) : source;
  return new Promise((resolve, reject) => {
    const turn = new HonoTurn(c, outgoing, { resolve, reject });
    const all = { ...withHonoRequest(options, c.req.raw), [FRAMEWORK]: turn };
    sluice.stream(incoming, outgoing, forNode, all).then(() => turn.skip(), reject);
  });
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
