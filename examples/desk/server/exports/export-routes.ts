import { createReadStream } from "node:fs";
import type { FastifyInstance } from "fastify";
import { ERROR_RESPONSE, eventStreamSchema, NEEDS_USER } from "../operation/openapi.ts";
import { openStream } from "../streams/open-stream.ts";
import type { ExportDesk } from "./export-desk.ts";

const JOB = {
  params: { type: "object", properties: { jobId: { type: "string", maxLength: 64 } } },
  security: NEEDS_USER,
  tags: ["exports"],
} as const;
const REFUSED = { 401: ERROR_RESPONSE, 404: ERROR_RESPONSE } as const;

interface JobParams {
  Params: { jobId: string };
}

/** Starting an export, following it, and fetching the file. Another user's export is 404 everywhere. */
export function exportRoutes(app: FastifyInstance, desk: ExportDesk): void {
  app.post(
    "/api/exports/start",
    {
      schema: {
        tags: ["exports"],
        summary: "Start writing all orders to a file",
        security: NEEDS_USER,
        response: {
          202: { type: "object", properties: { jobId: { type: "string" } } },
          401: ERROR_RESPONSE,
          409: ERROR_RESPONSE,
          429: ERROR_RESPONSE,
        },
      },
    },
    async ({ identity }, reply) => {
      const jobId = await desk.start(identity.user);
      return reply.code(202).header("location", `/api/exports/${jobId}`).send({ jobId });
    },
  );

  app.get<JobParams>(
    "/api/exports/:jobId",
    {
      schema: {
        ...JOB,
        summary: "What an export is doing",
        response: { 200: { type: "object", properties: { state: { type: "string" } } }, ...REFUSED },
      },
    },
    async ({ params, identity }) => ({ state: await desk.stateOf(params.jobId, identity.user) }),
  );

  app.delete<JobParams>(
    "/api/exports/:jobId",
    { schema: { ...JOB, summary: "Cancel an export", response: { 204: { type: "null" }, ...REFUSED } } },
    async ({ params, identity }, reply) => {
      await desk.cancel(params.jobId, identity.user);
      return reply.code(204).send();
    },
  );

  app.get<JobParams>(
    "/api/exports/:jobId/progress",
    {
      schema: {
        ...eventStreamSchema(
          "exports",
          "An export's progress; 204 once its end was seen",
          "Types progress, completed, failed, cancelled.",
        ),
        params: JOB.params,
      },
    },
    async (request, reply) => {
      const source = await desk.progress(request.params.jobId, request.identity.user);
      return openStream(request, reply, source, { name: "export" });
    },
  );

  app.get<JobParams>(
    "/api/exports/:jobId/download",
    {
      schema: {
        ...JOB,
        summary: "The file of a finished export",
        response: {
          200: { description: "CSV", content: { "text/csv": { schema: { type: "string" } } } },
          ...REFUSED,
          409: ERROR_RESPONSE,
          410: ERROR_RESPONSE,
        },
      },
    },
    async ({ params, identity }, reply) => {
      const { path, fileName } = await desk.fileOf(params.jobId, identity.user);
      return reply
        .type("text/csv; charset=utf-8")
        .header("content-disposition", `attachment; filename="${fileName}"`)
        .header("cache-control", "private, no-store")
        .send(createReadStream(path));
    },
  );
}
