import { createReadStream } from "node:fs";
import type { FastifyInstance } from "fastify";
import type { StartedExport } from "../../wire/export.ts";
import { ERROR_RESPONSE, eventStreamSchema, NEEDS_USER } from "../operation/openapi.ts";
import { openStream } from "../streams/open-stream.ts";
import type { OrderExports } from "./order-exports.ts";

const JOB = {
  params: { type: "object", properties: { jobId: { type: "string", maxLength: 64 } } },
  security: NEEDS_USER,
  tags: ["exports"],
} as const;
const REFUSED = { 401: ERROR_RESPONSE, 404: ERROR_RESPONSE } as const;

interface JobParams {
  Params: { jobId: string };
}

/** Adds the routes to start, follow, cancel and download exports. All of them answer 404 for another user's export. */
export function exportRoutes(app: FastifyInstance, exports: OrderExports): void {
  app.post(
    "/api/exports/start",
    {
      schema: {
        tags: ["exports"],
        summary: "Start an export of all kept orders",
        security: NEEDS_USER,
        response: {
          202: { type: "object", properties: { jobId: { type: "string" } } },
          401: ERROR_RESPONSE,
          409: ERROR_RESPONSE,
          429: ERROR_RESPONSE,
        },
      },
    },
    async ({ identity }, reply): Promise<StartedExport> => {
      const jobId = await exports.start(identity.user);
      reply.code(202).header("location", `/api/exports/${jobId}`);
      return { jobId };
    },
  );

  app.get<JobParams>(
    "/api/exports/:jobId",
    {
      schema: {
        ...JOB,
        summary: "Get the state of an export: running, finished or failed",
        response: { 200: { type: "object", properties: { state: { type: "string" } } }, ...REFUSED },
      },
    },
    async ({ params, identity }) => ({ state: await exports.stateOf(params.jobId, identity.user) }),
  );

  app.delete<JobParams>(
    "/api/exports/:jobId",
    { schema: { ...JOB, summary: "Cancel an export", response: { 204: { type: "null" }, ...REFUSED } } },
    async ({ params, identity }, reply) => {
      await exports.cancel(params.jobId, identity.user);
      return reply.code(204).send();
    },
  );

  app.get<JobParams>(
    "/api/exports/:jobId/progress",
    {
      schema: {
        ...eventStreamSchema(
          "exports",
          "Stream the progress of an export; 204 if the client has received its last event",
          "Event types: progress, completed, failed and cancelled.",
        ),
        params: JOB.params,
      },
    },
    async (request, reply) => {
      const source = await exports.progress(request.params.jobId, request.identity.user);
      return openStream(request, reply, source, { name: "export" });
    },
  );

  app.get<JobParams>(
    "/api/exports/:jobId/download",
    {
      schema: {
        ...JOB,
        summary: "Download the file of a finished export",
        response: {
          200: { description: "CSV", content: { "text/csv": { schema: { type: "string" } } } },
          ...REFUSED,
          409: ERROR_RESPONSE,
          410: ERROR_RESPONSE,
        },
      },
    },
    async ({ params, identity }, reply) => {
      const { path, fileName } = await exports.fileOf(params.jobId, identity.user);
      return reply
        .type("text/csv; charset=utf-8")
        .header("content-disposition", `attachment; filename="${fileName}"`)
        .header("cache-control", "private, no-store")
        .send(createReadStream(path));
    },
  );
}
