import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifySchemaValidationError } from "fastify";

/** An error that Fastify answers with this status, and whose message is for the client. */
export function httpError(statusCode: number, message: string): Error & { statusCode: number } {
  return Object.assign(new Error(message), { statusCode });
}

/** What the client sent cannot be used; the message says what is wrong with it. */
export function badRequest(message: string): Error & { statusCode: number } {
  return httpError(400, message);
}

/** Says in plain words what a body or a query lacks. */
export function formatFault(faults: readonly FastifySchemaValidationError[], place: string): Error {
  const [fault] = faults;
  if (fault === undefined) return badRequest(`The ${place} is not valid.`);
  const field = fault.instancePath.slice(1).replaceAll("/", ".");
  const { missingProperty, additionalProperty } = fault.params as Record<string, string | undefined>;
  if (missingProperty !== undefined) return badRequest(`${missingProperty} is missing.`);
  if (additionalProperty !== undefined) return badRequest(`${additionalProperty} is not known here.`);
  if (fault.keyword === "minLength" || (fault.keyword === "pattern" && fault.params.pattern === "\\S"))
    return badRequest(`${field} must not be empty.`);
  if (fault.keyword === "multipleOf") return badRequest(`${field} may have at most two decimals.`);
  return badRequest(`${field === "" ? `The ${place}` : field} ${fault.message ?? "is not valid"}.`);
}

/** Answers errors: a client's own fault is explained to it, ours is logged and told without its message. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError & { headers?: Record<string, string> }, request, reply) => {
    const statusCode = error.statusCode ?? 500;
    const isOurs = statusCode >= 500;
    if (isOurs) request.log.error({ err: error }, "request failed");
    const message = isOurs ? "Something went wrong on the server. It has been logged." : error.message;
    return reply
      .code(statusCode)
      .headers(error.headers ?? {})
      .send({ statusCode, error: STATUS_CODES[statusCode] ?? "Error", message });
  });
}
