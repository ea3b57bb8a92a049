import type { IncomingMessage } from "node:http";
import type { NodeResponse, Sluice, Source, StreamOptions } from "../../index.ts";
import { FRAMEWORK } from "../../stream/opening/framework.ts";
import { withRequest } from "../shared/with-request.ts";
import { H3Turn } from "./h3-turn.ts";

/** The part of an event of h3 1 that Sluice uses. */
export interface H3EventOfV1 {
  readonly req: IncomingMessage;
  readonly node: { readonly req: IncomingMessage; readonly res: NodeResponse };
  /** Present where h3 answers a request of the Fetch standard. */
  readonly web?: { readonly request?: Request; readonly url?: URL };
}

/** Returns true if the event belongs to h3 1, which Nitro 2 uses. */
export function isEventOfV1(event: { readonly node?: Partial<H3EventOfV1["node"]> } | undefined): boolean {
  return typeof event?.node?.req?.headers === "object" && typeof event.node.res?.writeHead === "function";
}

/**
 * Answers an event of h3 1. Resolves to the value that the event handler returns.
 *
 * The value is not the `Response` of `sluice.response()`, because h3 1 reads its body on after the client has left.
 */
export function streamOnH3V1(
  event: H3EventOfV1,
  sluice: Sluice,
  source: Source<IncomingMessage>,
  options: StreamOptions | undefined,
): Promise<unknown> {
  const { req, res } = event.node;
  return new Promise((resolve, reject) => {
    const turn = new H3Turn(res, { resolve, reject });
    if (isImitation(event)) {
      const answer = sluice.response(fetchRequest(event), withRequest<Request, IncomingMessage>(source, req), {
        ...options,
        ...BY_FRAMEWORK,
      });
      return answer.then(resolve, (error) => turn.fail(error, options?.headers ?? {}));
    }
    const ownOptions = { ...options, [FRAMEWORK]: turn };
    turn.closed = sluice.stream(req, res, source, ownOptions);
    turn.closed.then(() => {
      if (turn.isOver) return;
      // The response is complete, or the client left before the head: h3 must not look for another handler.
      Object.assign(event, { _handled: true });
      resolve(undefined);
    }, reject);
  });
}

/** The option by which errors go to the framework. */
const BY_FRAMEWORK = { [FRAMEWORK]: true };

/** Returns true if the event imitates Node's objects: on Bun, Deno and workers, and for a direct call in Nitro. */
function isImitation({ web, node: { res } }: H3EventOfV1): boolean {
  return web !== undefined || "__unenv__" in res;
}

function fetchRequest({ web, node: { req } }: H3EventOfV1): Request {
  if (web?.request !== undefined) return web.request;
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    for (const text of [value ?? []].flat()) headers.append(name, text);
  }
  const url = new URL(req.url ?? "/", `http://${req.headers.host ?? "localhost"}`);
  return new Request(url, { method: req.method ?? "GET", headers });
}
