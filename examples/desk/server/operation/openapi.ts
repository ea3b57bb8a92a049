import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";

/** JSON schema of an error response. */
export const ERROR_RESPONSE = {
  type: "object",
  properties: { statusCode: { type: "number" }, error: { type: "string" }, message: { type: "string" } },
} as const;

const TAGS = [
  { name: "orders", description: "Place orders, and stream them with or without replay" },
  { name: "notifications", description: "Send and stream notifications for one user or for everyone" },
  { name: "exports", description: "Export orders in a job with progress" },
  { name: "dashboard", description: "Stream the server's metrics, alerts and states" },
  { name: "streams", description: "List and cut your open streams" },
  { name: "generator", description: "Control the bundled order generator" },
  { name: "session", description: "Sign in and out" },
  { name: "operation", description: "Health and metrics" },
];

/** Makes the OpenAPI document of all routes that are added after it. Await it before adding them. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Sluice desk",
        version: "0.1.0",
        description: "Orders, notifications, exports and a dashboard, streamed as server-sent events.",
      },
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
          cookie: { type: "apiKey", in: "cookie", name: "desk_session" },
          ticket: { type: "apiKey", in: "query", name: "ticket" },
        },
      },
    },
  });
}

/** Security requirement of a route that needs a user: any one of the three credentials. */
export const NEEDS_USER: Record<string, string[]>[] = [{ bearer: [] }, { cookie: [] }, { ticket: [] }];

/**
 * Returns the schema of a route that responds with an event stream. `events` describes its event types, `query` the
 * parameters that only this route has.
 */
export function eventStreamSchema(tag: string, summary: string, events: string, query: object = {}): object {
  return {
    tags: [tag],
    summary,
    security: NEEDS_USER,
    querystring: {
      type: "object",
      properties: {
        lastEventId: {
          type: "string",
          description: "Event ID to resume after. The header Last-Event-ID overrides it.",
        },
        key: { type: "string", pattern: "^[0-9a-z]{1,64}$", description: "A name that you choose for this stream" },
        ticket: { type: "string", description: "A single-use ticket instead of a token" },
        ...query,
      },
    },
    response: {
      200: {
        description: `An event stream. ${events} An event of type gap reports events that were missed.`,
        content: { "text/event-stream": { schema: { type: "string" } } },
      },
      401: ERROR_RESPONSE,
    },
  };
}
