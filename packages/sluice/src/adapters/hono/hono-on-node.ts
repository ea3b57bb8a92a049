import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "hono";
import type { Sluice, Source, StreamOptions } from "../../index.ts";
import { FRAMEWORK } from "../../stream/opening/framework.ts";
import { withRequest } from "../shared/with-request.ts";
import { HonoTurn } from "./hono-turn.ts";

/**
 * Streams to Node's own response, which @hono/node-server puts into `c.env`. Resolves to a response without a body, to
 * which the middlewares add headers.
 */
export function streamOnNode(
  c: Context,
  sluice: Sluice,
  source: Source<Request>,
  options: StreamOptions | undefined,
): Promise<Response> {
  const { incoming, outgoing } = c.env as { incoming: IncomingMessage; outgoing: ServerResponse };
  return new Promise((resolve, reject) => {
    const turn = new HonoTurn(c, outgoing, { resolve, reject });
    const all = { ...withHonoRequest(options, c.req.raw), [FRAMEWORK]: turn };
    sluice.stream(incoming, outgoing, withRequest(source, c.req.raw), all).then(() => turn.skip(), reject);
  });
}

/** Returns the options. Their `onRefuse` receives Hono's request, as it does outside Node. */
function withHonoRequest(options: StreamOptions | undefined, request: Request): StreamOptions | undefined {
  const { onRefuse } = options ?? {};
  if (typeof onRefuse !== "function") return options;
  return { ...options, onRefuse: (refusal) => onRefuse(refusal, request as never) };
}
