import type { FastifyInstance } from "fastify";
import type { GeneratorState } from "../../wire/generator.ts";
import { ERROR_RESPONSE, NEEDS_USER } from "../operation/openapi.ts";
import { MAX_PER_SECOND, type OrderGenerator } from "./order-generator.ts";

const STATE = {
  type: "object",
  properties: { running: { type: "boolean" }, perSecond: { type: "number" } },
} as const;

/** Adds the routes to read and switch the order generator. */
export function generatorRoutes(app: FastifyInstance, generator: OrderGenerator): void {
  app.get(
    "/api/generator",
    {
      schema: {
        tags: ["generator"],
        summary: "Get whether the order generator runs, and its rate",
        security: NEEDS_USER,
        response: { 200: STATE, 401: ERROR_RESPONSE },
      },
    },
    (): GeneratorState => generator.state,
  );

  app.post<{ Body: { running: boolean; perSecond?: number } }>(
    "/api/generator",
    {
      schema: {
        tags: ["generator"],
        summary: "Switch the order generator on or off, or change its rate",
        security: NEEDS_USER,
        body: {
          type: "object",
          required: ["running"],
          additionalProperties: false,
          properties: {
            running: { type: "boolean" },
            perSecond: { type: "number", minimum: 0.1, maximum: MAX_PER_SECOND, description: "Orders per second" },
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
