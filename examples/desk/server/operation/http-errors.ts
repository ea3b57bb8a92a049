import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifySchemaValidationError } from "fastify";
import { SluiceError } from "sluice";

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

/** What a client can do about a log that does not answer. */
const LOG_AWAY =
  "The log of this desk does not answer. What you sent may have been kept, or not: look before you send it again.";
const LOG_RETRY_AFTER_S = "2";

/** Answers errors: a client's own fault is explained to it, ours is logged and told without its message. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError & { headers?: Record<string, string> }, request, reply) => {
    const isLogAway = error instanceof SluiceError && error.code === "LOG_FAILED";
    const statusCode = isLogAway ? 503 : (error.statusCode ?? 500);
    const isOurs = statusCode >= 500;
    if (isOurs) request.log.error({ err: error }, "request failed");
    if (isLogAway) reply.header("retry-after", LOG_RETRY_AFTER_S);
    const message = isLogAway
      ? LOG_AWAY
      : isOurs
        ? "Something went wrong on the server. It has been logged."
        : error.message;
    return reply
      .code(statusCode)
      .headers(error.headers ?? {})
      .send({ statusCode, error: STATUS_CODES[statusCode] ?? "Error", message });
  });
}
