import type { FastifyInstance } from "fastify";
import { ERROR_RESPONSE, eventStreamSchema, NEEDS_USER } from "../operation/openapi.ts";
import { openStream } from "../streams/open-stream.ts";
import { type Dashboard, KEPT_EVENTS } from "./dashboard.ts";

/** The server's own figures: what they were, and what they are. */
export function dashboardRoutes(app: FastifyInstance, dashboard: Dashboard): void {
  const { channel } = dashboard;

  app.get(
    "/api/dashboard/stream",
    {
      schema: eventStreamSchema(
        "dashboard",
        "Figures, alerts and states on one connection, the newest of each first",
        "Types metric, alert and status.",
      ),
    },
    (request, reply) => {
      return openStream(request, reply, channel.subscribe({ initial: "latest" }), { name: "dashboard", channel });
    },
  );

  app.get(
    "/api/dashboard/history",
    {
      schema: {
        tags: ["dashboard"],
        summary: "The figures of the last minutes, oldest first",
        security: NEEDS_USER,
        response: {
          200: {
            type: "object",
            properties: { metrics: { type: "array", items: { type: "object", additionalProperties: true } } },
          },
          401: ERROR_RESPONSE,
        },
      },
    },
    async () => {
      const { events } = await channel.history({ limit: KEPT_EVENTS });
      return { metrics: events.flatMap((event) => (event.type === "metric" ? [event.data] : [])) };
    },
  );
}
