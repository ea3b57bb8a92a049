import type { FastifyInstance } from "fastify";
import type { DashboardHistory } from "../../wire/dashboard.ts";
import { ERROR_RESPONSE, eventStreamSchema, NEEDS_USER } from "../operation/openapi.ts";
import { openStream } from "../streams/open-stream.ts";
import { type Dashboard, KEPT_EVENTS } from "./dashboard.ts";

/** Adds the routes that stream the server's figures and list those of the last minutes. */
export function dashboardRoutes(app: FastifyInstance, dashboard: Dashboard): void {
  const { channel } = dashboard;

  app.get(
    "/api/dashboard/stream",
    {
      schema: eventStreamSchema(
        "dashboard",
        "Stream metrics, alerts and states on one connection, the newest of each first",
        "Event types: metric, alert and status.",
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
        summary: "List the metrics of the last minutes, oldest first",
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
    async (): Promise<DashboardHistory> => {
      const { events } = await channel.history({ limit: KEPT_EVENTS });
      return { metrics: events.flatMap((event) => (event.type === "metric" ? [event.data] : [])) };
    },
  );
}
