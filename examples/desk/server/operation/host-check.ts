import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance } from "fastify";
import { hostnameOf, isLoopback, readHostname } from "../host-name.ts";
import { isWildcard } from "../origin.ts";
import { httpError } from "./http-errors.ts";

const MESSAGE =
  "This desk does not serve the host name of this request. Use localhost or 127.0.0.1, or start the desk with " +
  "--allow-host and that name.";

/**
 * Refuses every request, with 421, whose `Host` is not a name of this desk: a loopback name or address, the address on
 * which the desk listens, or one of `allowed`. A page of another site may let its own name lead to this machine (DNS
 * rebinding). The browser then takes the desk for a part of that site, but still sends that site's name.
 */
export function checkHost(app: FastifyInstance, allowed: readonly string[]): void {
  const names = new Set(allowed.map(readHostname));
  app.addHook("onRequest", async ({ raw }) => {
    const hostname = hostnameOf(hostOf(raw.headers));
    const isServed =
      hostname !== undefined && (isLoopback(hostname) || names.has(hostname) || hostname === ownHostname(app));
    if (!isServed) throw httpError(421, MESSAGE);
  });
}

/** Returns the host of a request. On HTTP/2 it is a pseudo-header, unless a proxy has sent the header. */
function hostOf(headers: IncomingHttpHeaders & { readonly ":authority"?: string }): string {
  return headers.host ?? headers[":authority"] ?? "";
}

/** Returns the address on which the desk listens, or `undefined` if it listens on all addresses of the machine. */
function ownHostname(app: FastifyInstance): string | undefined {
  const address = app.server.address();
  if (address === null || typeof address === "string" || isWildcard(address.address)) return undefined;
  return readHostname(address.address);
}
