import type { IncomingMessage, ServerResponse } from "node:http";

/** A request and a response of Express, which are Node's own, or of Fastify, which have Node's as `raw`. */
export type PlatformRequest = IncomingMessage & { readonly raw?: IncomingMessage };
export type PlatformReply = ServerResponse & { readonly raw?: ServerResponse; hijack?(): void };

/** Returns Node's own request and response. Copies the headers that were set on Fastify's response. */
export function rawOf(request: PlatformRequest, reply: PlatformReply): [IncomingMessage, ServerResponse] {
  if (request.raw === undefined || reply.raw === undefined) return [request, reply];
  // If other code has answered, stream() reports that. Setting a header would throw.
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined && !reply.raw.headersSent) reply.raw.setHeader(name, value);
  }
  return [request.raw, reply.raw];
}
