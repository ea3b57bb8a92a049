import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Auth, Identity } from "sluice/auth";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sent the request; set wherever a user is required. */
    identity: Identity;
  }
}

/** Requires a user for all routes of this instance: others get 401, before anything else is looked at. */
export function requireUser(app: FastifyInstance, auth: Auth): void {
  app.decorateRequest("identity", null as unknown as Identity);
  app.addHook("onRequest", async (request: FastifyRequest) => {
    request.identity = await auth.authenticate(request);
  });
}
