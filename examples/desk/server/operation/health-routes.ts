import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { Sluice } from "sluice";
import { sluiceMetrics } from "sluice/metrics";

const HEALTH = {
  type: "object",
  properties: { status: { type: "string" } },
  additionalProperties: true,
} as const;

/** What those who run the desk ask it: is it alive, does it take requests, what are its figures, what does it offer. */
export function operationRoutes(app: FastifyInstance, sluice: Sluice): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  sluiceMetrics(sluice, { register: registry });

  app.get(
    "/health/live",
    { schema: { tags: ["operation"], summary: "Whether the process works", response: { 200: HEALTH } } },
    () => ({ status: "ok" }),
  );

  app.get(
    "/health/ready",
    {
      schema: {
        tags: ["operation"],
        summary: "Whether requests should come here; 503 while draining",
        response: { 200: HEALTH, 503: HEALTH },
      },
    },
    (_request, reply) => {
      const health = sluice.health();
      return reply.code(health.status === "ok" ? 200 : 503).send(health);
    },
  );

  app.get(
    "/metrics",
    {
      schema: {
        tags: ["operation"],
        summary: "Figures for Prometheus",
        response: { 200: { description: "Text format", content: { "text/plain": { schema: { type: "string" } } } } },
      },
    },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );

  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}
