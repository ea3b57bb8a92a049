import type { FastifyInstance } from "fastify";
import type { Sluice } from "sluice";
import type { StreamInfo, StreamList } from "../../wire/stream.ts";
import { httpError } from "../operation/http-errors.ts";
import { ERROR_RESPONSE, NEEDS_USER } from "../operation/openapi.ts";
import type { WorkerLink } from "../workers/worker-link.ts";
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

/**
 * Adds the routes to list and cut the user's own open streams. The streams of a page are spread over the workers, and
 * each worker knows only its own. So the worker that receives the request asks the others.
 */
export function streamRoutes(app: FastifyInstance, sluice: Sluice, link: WorkerLink | undefined): void {
  const streamsOf = (user: string): StreamInfo[] =>
    sluice
      .connections()
      .filter(({ subscriber }) => subscriber?.user === user)
      .map(({ id, subscriber, state, openedAt, events, bytes }) => {
        const { key, resumedFrom, positionAtOpen } = subscriber as DeskSubscriber;
        return { id, key, state, openedAt: openedAt.toISOString(), resumedFrom, positionAtOpen, events, bytes };
      });
  const cut = (stream: { id: string; user: string }) => sluice.disconnect(stream);
  link?.answer("streams", (user) => streamsOf(user as string));
  link?.answer("cut", (stream) => cut(stream as { id: string; user: string }));

  app.get(
    "/api/streams",
    {
      schema: {
        tags: ["streams"],
        summary: "List your open streams, oldest first",
        security: NEEDS_USER,
        response: {
          200: { type: "object", properties: { streams: { type: "array", items: STREAM } } },
          401: ERROR_RESPONSE,
        },
      },
    },
    async ({ identity }): Promise<StreamList> => {
      const others = (await link?.ask<StreamInfo[]>("streams", identity.user)) ?? [];
      const streams = [...streamsOf(identity.user), ...others.flat()];
      return { streams: streams.sort((a, b) => (a.openedAt < b.openedAt ? -1 : 1)) };
    },
  );

  app.post<{ Params: { id: string } }>(
    "/api/streams/:id/cut",
    {
      schema: {
        tags: ["streams"],
        summary: "Cut one of your streams; an EventSource then reconnects by itself",
        security: NEEDS_USER,
        params: { type: "object", properties: { id: { type: "string" } } },
        response: { 204: { type: "null" }, 401: ERROR_RESPONSE, 404: ERROR_RESPONSE },
      },
    },
    async ({ params, identity }, reply) => {
      const stream = { id: params.id, user: identity.user };
      const ended = cut(stream) > 0 || (await link?.ask<number>("cut", stream))?.some((count) => count > 0);
      if (!ended) throw httpError(404, "You have no open stream with this ID.");
      return reply.code(204).send();
    },
  );
}
