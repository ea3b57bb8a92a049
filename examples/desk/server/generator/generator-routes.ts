import type { FastifyInstance } from "fastify";
import { ERROR_RESPONSE, NEEDS_USER } from "../operation/openapi.ts";
import { type GeneratorState, MOST_PER_SECOND, type OrderGenerator } from "./order-generator.ts";

const STATE = {
  type: "object",
  properties: { running: { type: "boolean" }, perSecond: { type: "number" } },
} as const;

/** Looking at the order generator, and switching it. */
export function generatorRoutes(app: FastifyInstance, generator: OrderGenerator): void {
  app.get(
    "/api/generator",
    {
      schema: {
        tags: ["generator"],
        summary: "Whether the order generator runs, and how fast",
        security: NEEDS_USER,
        response: { 200: STATE, 401: ERROR_RESPONSE },
      },
    },
    () => generator.state,
  );

  app.post<{ Body: { running: boolean; perSecond?: number } }>(
    "/api/generator",
    {
      schema: {
        tags: ["generator"],
        summary: "Switch the order generator, or change its rate",
        security: NEEDS_USER,
        body: {
          type: "object",
          required: ["running"],
          additionalProperties: false,
          properties: {
            running: { type: "boolean" },
            perSecond: { type: "number", minimum: 0.1, maximum: MOST_PER_SECOND },
          },
        },
        response: { 200: STATE, 400: ERROR_RESPONSE, 401: ERROR_RESPONSE },
      },
    },
    ({ body }): Promise<GeneratorState> => {
      return generator.set({ running: body.running, perSecond: body.perSecond ?? generator.state.perSecond });
    },
  );
}
