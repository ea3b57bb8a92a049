import type { IncomingMessage, ServerResponse } from "node:http";

/** A request of Express, which is the request of Node, or of Fastify, which has the request of Node as `raw`. */
export type PlatformRequest = IncomingMessage & { readonly raw?: IncomingMessage };

type Answer = (...args: unknown[]) => unknown;

/** A response of Express, which is the response of Node, or of Fastify, which has the response of Node as `raw`. */
export type PlatformReply = ServerResponse & {
  readonly raw?: ServerResponse;
  send: Answer;
  /** Present on Express. */
  json?: Answer;
  header(name: string, value: string): unknown;
};

/** Returns the request and the response of Node. */
export function rawOf(request: PlatformRequest, reply: PlatformReply): [IncomingMessage, ServerResponse] {
  return [request.raw ?? request, reply.raw ?? reply];
}
