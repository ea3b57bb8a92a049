import type { FastifyInstance } from "fastify";
import type { Sluice } from "sluice";
import type { WorkerLink } from "../workers/worker-link.ts";
import { DeskMetrics } from "./desk-metrics.ts";

const HEALTH = {
  type: "object",
  properties: { status: { type: "string" } },
  additionalProperties: true,
} as const;

/** Time that the log has to answer a readiness check, in ms. Shorter than the usual timeout of such a check. */
const LOG_TIMEOUT_MS = 2_000;

/** Options of {@link operationRoutes}. */
export interface OperationOptions {
  readonly sluice: Sluice;
  /** Reads from the log. Rejects if the log does not answer. */
  readonly checkLog: () => Promise<unknown>;
  readonly worker: { readonly name: string; readonly link: WorkerLink } | undefined;
}

/** Adds the routes for operators: liveness, readiness, metrics and the OpenAPI document. */
export function operationRoutes(app: FastifyInstance, { sluice, checkLog, worker }: OperationOptions): void {
  const metrics = new DeskMetrics(sluice, worker);

  app.get(
    "/health/live",
    { schema: { tags: ["operation"], summary: "Check that the process runs", response: { 200: HEALTH } } },
    () => ({ status: "ok" }),
  );

  app.get(
    "/health/ready",
    {
      schema: {
        tags: ["operation"],
        summary: "Check that the desk takes requests; 503 while it drains or its log does not answer",
        response: { 200: HEALTH, 503: HEALTH },
      },
    },
    async (_request, reply) => {
      const health = sluice.health();
      if (health.status !== "ok") return reply.code(503).send(health);
      if (await resolvesInTime(checkLog())) return health;
      return reply.code(503).send({ ...health, status: "no-log", reason: "The log of this desk does not answer." });
    },
  );

  app.get(
    "/metrics",
    {
      schema: {
        tags: ["operation"],
        summary: "Metrics for Prometheus",
        response: { 200: { description: "Text format", content: { "text/plain": { schema: { type: "string" } } } } },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );

  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}

/** Resolves to true if the promise resolves within 2,000 ms. */
function resolvesInTime(promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), LOG_TIMEOUT_MS);
    promise
      .then(
        () => resolve(true),
        () => resolve(false),
      )
      .finally(() => clearTimeout(timer));
  });
}
