import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";

/** JSON schema of every error answer. */
export const ERROR_RESPONSE = {
  type: "object",
  properties: { statusCode: { type: "number" }, error: { type: "string" }, message: { type: "string" } },
} as const;

const TAGS = [
  { name: "orders", description: "Placing orders, and streaming them with and without replay" },
  { name: "notifications", description: "Only mine, and everyone's" },
  { name: "exports", description: "Jobs with progress" },
  { name: "dashboard", description: "The server's own figures" },
  { name: "streams", description: "One's own open streams" },
  { name: "generator", description: "The bundled order generator" },
  { name: "session", description: "Signing in" },
  { name: "operation", description: "Health and metrics" },
];

/** Describes all routes that are added after it; to be awaited before them. */
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

/** Who may call what needs a user. */
export const NEEDS_USER: Record<string, string[]>[] = [{ bearer: [] }, { cookie: [] }, { ticket: [] }];

/** The schema of a route that answers with an event stream. `events` says which types come, and with what data. */
export function eventStreamSchema(tag: string, summary: string, events: string): object {
  return {
    tags: [tag],
    summary,
    security: NEEDS_USER,
    querystring: {
      type: "object",
      properties: {
        lastEventId: { type: "string", description: "Where to go on from; the header Last-Event-ID goes before it" },
        key: { type: "string", pattern: "^[0-9a-z]{1,64}$", description: "The caller's own name for this stream" },
        ticket: { type: "string", description: "A single-use ticket in place of a token" },
      },
    },
    response: {
      200: {
        description: `An event stream. ${events} An event of type gap says that some could not be given.`,
        content: { "text/event-stream": { schema: { type: "string" } } },
      },
      401: ERROR_RESPONSE,
    },
  };
}
