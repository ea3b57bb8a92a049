import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Auth, Identity } from "sluice/auth";

declare module "fastify" {
  interface FastifyRequest {
    /** The authenticated user. Set on every route that requires a user. */
    identity: Identity;
  }
}

/** Requires a user for all routes of this instance. A request without one gets 401 before its body is read. */
export function requireUser(app: FastifyInstance, auth: Auth): void {
  app.decorateRequest("identity", null as unknown as Identity);
  app.addHook("onRequest", async (request: FastifyRequest) => {
    request.identity = await auth.authenticate(request);
  });
}
