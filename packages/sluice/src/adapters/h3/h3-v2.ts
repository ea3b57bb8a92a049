import type { Sluice, Source, StreamOptions } from "../../index.ts";
import { FRAMEWORK } from "../../stream/opening/framework.ts";
import { toErrorOfH3 } from "./h3-error.ts";

/** The part of an event of h3 2 that Sluice uses. */
export interface H3EventOfV2 {
  readonly req: Request;
  readonly res: { readonly headers: Headers; readonly errHeaders?: Headers };
}

/** Returns true if the event belongs to h3 2, which Nitro 3 uses. */
export function isEventOfV2(event: Partial<H3EventOfV2> | undefined): boolean {
  return typeof event?.req?.headers?.get === "function" && typeof event.res?.headers?.get === "function";
}

/** Answers an event of h3 2. Resolves to the response that the event handler returns. */
export async function streamOnH3V2(
  event: H3EventOfV2,
  sluice: Sluice,
  source: Source<Request>,
  options: StreamOptions | undefined,
): Promise<Response> {
  const ownOptions = { ...options, [FRAMEWORK]: true };
  const response = await sluice.response(event.req, source, ownOptions).catch((error) => {
    const { headers, errHeaders = headers } = event.res;
    for (const [name, value] of Object.entries(options?.headers ?? {})) errHeaders.set(name, value);
    throw toErrorOfH3(error).error;
  });
  // HTTP/2 forbids this header (RFC 9113 section 8.2.2), and Node would print a warning.
  if (isOnHttp2(event.req)) response.headers.delete("connection");
  // h3 replaces headers of the response by headers of the event.
  const set = event.res.headers;
  for (const [name, value] of response.headers) {
    const earlier = set.get(name);
    if (earlier === null) continue;
    if (name === "vary") set.set(name, `${earlier}, ${value}`);
    else if (name !== "set-cookie") set.delete(name);
  }
  return response;
}

/** Returns true if a server of `node:http2` received the request. */
function isOnHttp2(request: Request): boolean {
  const { runtime } = request as { readonly runtime?: { readonly node?: { readonly req?: NodeRequest } } };
  return runtime?.node?.req?.httpVersionMajor === 2;
}

interface NodeRequest {
  readonly httpVersionMajor?: number;
}
