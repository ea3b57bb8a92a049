import type { FastifyInstance } from "fastify";
import type { Sluice } from "sluice";
import type { WorkerLink } from "../workers/worker-link.ts";
import { DeskMetrics } from "./desk-metrics.ts";

const HEALTH = {
  type: "object",
  properties: { status: { type: "string" } },
  additionalProperties: true,
} as const;

/** How long the log may take to answer before the desk counts as not ready, in ms: less than those who ask wait for their answer. */
const LOG_ANSWERS_WITHIN_MS = 2_000;

/** What the routes need to know of the desk. */
export interface Operated {
  readonly sluice: Sluice;
  /** Asks the log for something; rejects when it does not answer. */
  readonly askLog: () => Promise<unknown>;
  readonly worker: { readonly name: string; readonly link: WorkerLink } | undefined;
}

/** What those who run the desk ask it: is it alive, does it take requests, what are its figures, what does it offer. */
export function operationRoutes(app: FastifyInstance, { sluice, askLog, worker }: Operated): void {
  const metrics = new DeskMetrics(sluice, worker);

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
        summary: "Whether requests should come here; 503 while draining, and while the log does not answer",
        response: { 200: HEALTH, 503: HEALTH },
      },
    },
    async (_request, reply) => {
      const health = sluice.health();
      if (health.status !== "ok") return reply.code(503).send(health);
      if (await answersInTime(askLog())) return health;
      return reply.code(503).send({ ...health, status: "no-log", reason: "The log of this desk does not answer." });
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
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );

  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}

function answersInTime(asked: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), LOG_ANSWERS_WITHIN_MS);
    asked
      .then(
        () => resolve(true),
        () => resolve(false),
      )
      .finally(() => clearTimeout(timer));
  });
}
