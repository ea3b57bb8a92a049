import type { IncomingMessage, ServerResponse } from "node:http";

/** A request of Express, which is Node's own, or of Fastify, which has Node's as `raw`. */
export type PlatformRequest = IncomingMessage & { readonly raw?: IncomingMessage };

type Answer = (...args: unknown[]) => unknown;

/** A response of Express, which is Node's own, or of Fastify, which has Node's as `raw`. */
export type PlatformReply = ServerResponse & {
  readonly raw?: ServerResponse;
  send: Answer;
  /** Express has it. */
  json?: Answer;
  header(name: string, value: string): unknown;
};

/** Returns Node's own request and response. */
export function rawOf(request: PlatformRequest, reply: PlatformReply): [IncomingMessage, ServerResponse] {
  return [request.raw ?? request, reply.raw ?? reply];
}
