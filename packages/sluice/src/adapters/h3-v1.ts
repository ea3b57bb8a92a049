import type { IncomingMessage } from "node:http";
import type { NodeResponse, Sluice, Source, SourceContext, StreamOptions } from "../index.ts";

/** The part of an event of h3 1 that Sluice uses. */
export interface H3EventOfV1 {
  readonly req: IncomingMessage;
  readonly node: { readonly req: IncomingMessage; readonly res: NodeResponse };
  /** Present where h3 answers a request of the Fetch standard. */
  readonly web?: { readonly request?: Request; readonly url?: URL };
}

/** True if the event is one of h3 1, or of Nitro 2. */
export function isEventOfV1(event: { readonly node?: Partial<H3EventOfV1["node"]> } | undefined): boolean {
  return typeof event?.node?.req?.headers === "object" && typeof event.node.res?.writeHead === "function";
}

/** Answers an event of h3 1. Resolves to the value that the event handler returns. */
export async function streamOnH3V1(
  event: H3EventOfV1,
  sluice: Sluice,
  source: Source<IncomingMessage>,
  options: StreamOptions | undefined,
): Promise<unknown> {
  const { req, res } = event.node;
  if (isImitation(event)) return sluice.response(fetchRequest(event), forFetch(source, req), options);
  if (res.socket) return new Body(() => sluice.stream(req, res, source, options));
  // A pipelined response, which waits for the one before it. h3 would drop its body.
  await sluice.stream(req, res, source, options);
  // If the client left before the head, h3 would look for another handler.
  Object.assign(event, { _handled: true });
  return undefined;
}

/**
 * A body as h3 takes it: `pipeTo` resolves when it is sent. h3 calls that after its hook `onBeforeResponse`, which may
 * still set headers. Sluice then writes to Node's own response.
 *
 * Not the body of a `Response`: after the client has left, h3 1 would read it for ever.
 */
class Body {
  readonly pipeTo: () => Promise<unknown>;

  constructor(send: () => Promise<unknown>) {
    this.pipeTo = send;
  }
}

/** True if the event has imitations of Node's objects: on Bun, Deno and workers, and for a direct call in Nitro. */
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

/** A source function receives the request of the event, as it does on Node. */
function forFetch(source: Source<IncomingMessage>, request: IncomingMessage): Source<Request> {
  if (typeof source !== "function") return source;
  return (context: SourceContext<Request>) =>
    source({
      // A getter, since `context.signal` makes the signal when it is first read.
      get signal() {
        return context.signal;
      },
      lastEventId: context.lastEventId,
      request,
    });
}
