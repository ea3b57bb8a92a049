import type { FastifyInstance, FastifyRequest } from "fastify";
import type { CloseReason } from "sluice";
import { GENERATOR_USER } from "../auth/users.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** True if the response is an event stream, which is logged when it opens and when it closes. */
    isStream: boolean;
  }
}

/**
 * Logs a line for each request, with its path but without its query, which may contain a ticket. Health checks and the
 * generator's requests are logged at the level `debug`.
 */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest("isStream", false);
  app.addHook("onResponse", async (request, reply) => {
    if (request.isStream) return;
    const line = {
      method: request.method,
      path: pathOf(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      user: request.identity?.user,
    };
    if (isRoutine(request)) request.log.debug(line, "request");
    else request.log.info(line, "request");
  });
}

/** Facts about a closed stream. */
export interface ClosedStream {
  readonly reason: CloseReason;
  readonly durationMs: number;
  readonly events: number | undefined;
  readonly bytes: number | undefined;
}

/** Logs that a stream was opened. */
export function logStreamOpened(request: FastifyRequest, stream: string, resumedFrom: string | null): void {
  request.log.info({ stream, path: pathOf(request), user: request.identity.user, resumedFrom }, "stream opened");
}

/** Logs that a stream was closed, with the reason and its counts. */
export function logStreamClosed(request: FastifyRequest, stream: string, closed: ClosedStream): void {
  const refused = closed.reason === "refused";
  request.log.info({ stream, user: request.identity.user, ...closed }, refused ? "stream refused" : "stream closed");
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? request.url;
}

function isRoutine(request: FastifyRequest): boolean {
  return request.url.startsWith("/health/") || request.identity?.user === GENERATOR_USER.id;
}
