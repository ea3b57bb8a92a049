import type { FastifyInstance } from "fastify";
import type { Sluice } from "sluice";
import { httpError } from "../operation/http-errors.ts";
import { ERROR_RESPONSE, NEEDS_USER } from "../operation/openapi.ts";
import type { DeskSubscriber } from "./open-stream.ts";

const NULLABLE_TEXT = { type: ["string", "null"] } as const;

const STREAM = {
  type: "object",
  properties: {
    id: { type: "string" },
    key: NULLABLE_TEXT,
    state: { type: "string" },
    openedAt: { type: "string", format: "date-time" },
    resumedFrom: NULLABLE_TEXT,
    positionAtOpen: NULLABLE_TEXT,
    events: { type: "number" },
    bytes: { type: "number" },
  },
} as const;

/** Looking at one's own open streams, and cutting one. Nobody sees another user's. */
export function streamRoutes(app: FastifyInstance, sluice: Sluice): void {
  app.get(
    "/api/streams",
    {
      schema: {
        tags: ["streams"],
        summary: "One's own open streams, oldest first",
        security: NEEDS_USER,
        response: {
          200: { type: "object", properties: { streams: { type: "array", items: STREAM } } },
          401: ERROR_RESPONSE,
        },
      },
    },
    ({ identity }) => ({
      streams: sluice
        .connections()
        .filter(({ subscriber }) => subscriber?.user === identity.user)
        .map(({ id, subscriber, state, openedAt, events, bytes }) => {
          const { key, resumedFrom, positionAtOpen } = subscriber as DeskSubscriber;
          return { id, key, state, openedAt: openedAt.toISOString(), resumedFrom, positionAtOpen, events, bytes };
        }),
    }),
  );

  app.post<{ Params: { id: string } }>(
    "/api/streams/:id/cut",
    {
      schema: {
        tags: ["streams"],
        summary: "Cut one of one's own streams; EventSource then reconnects by itself",
        security: NEEDS_USER,
        params: { type: "object", properties: { id: { type: "string" } } },
        response: { 204: { type: "null" }, 401: ERROR_RESPONSE, 404: ERROR_RESPONSE },
      },
    },
    ({ params, identity }, reply) => {
      const ended = sluice.disconnect({ id: params.id, user: identity.user });
      if (ended === 0) throw httpError(404, "There is no such stream of yours.");
      return reply.code(204).send();
    },
  );
}
