import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifySchemaValidationError } from "fastify";
import { SluiceError } from "sluice";

/** Returns an error that becomes a response with this status. The message is sent to the client. */
export function httpError(statusCode: number, message: string): Error & { statusCode: number } {
  return Object.assign(new Error(message), { statusCode });
}

/** Returns an error for a request that is not valid: status 400. The message is sent to the client. */
export function badRequest(message: string): Error & { statusCode: number } {
  return httpError(400, message);
}

/** Describes the first error in a request's body or query. `source` is `body` or `querystring`. */
export function formatValidationError(errors: readonly FastifySchemaValidationError[], source: string): Error {
  const [error] = errors;
  if (error === undefined) return badRequest(`The ${source} is not valid.`);
  const field = error.instancePath.slice(1).replaceAll("/", ".");
  const { missingProperty, additionalProperty } = error.params as Record<string, string | undefined>;
  if (missingProperty !== undefined) return badRequest(`${missingProperty} is missing.`);
  if (additionalProperty !== undefined) return badRequest(`${additionalProperty} is not a known field.`);
  if (error.keyword === "minLength" || (error.keyword === "pattern" && error.params.pattern === "\\S"))
    return badRequest(`${field} must not be empty.`);
  if (error.keyword === "multipleOf") return badRequest(`${field} may have at most two decimals.`);
  const subject = field === "" ? `The ${source}` : field;
  if (error.keyword === "type") return badRequest(`${subject} must be of type ${error.params.type}.`);
  return badRequest(`${subject} ${error.message ?? "is not valid"}.`);
}

const LOG_FAILED_MESSAGE =
  "The log of this desk does not answer. It may or may not have stored your request: check before you send it again.";
const LOG_RETRY_AFTER_S = "2";

/**
 * Sends errors as JSON. A client error carries its message. A server error is logged and does not expose its message.
 */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError & { headers?: Record<string, string> }, request, reply) => {
    const isLogFailure = error instanceof SluiceError && error.code === "LOG_FAILED";
    const statusCode = isLogFailure ? 503 : (error.statusCode ?? 500);
    const isServerError = statusCode >= 500;
    if (isServerError) request.log.error({ err: error }, "request failed");
    if (isLogFailure) reply.header("retry-after", LOG_RETRY_AFTER_S);
    const message = isLogFailure
      ? LOG_FAILED_MESSAGE
      : isServerError
        ? "An error occurred on the server. It has been logged."
        : error.message;
    return reply
      .code(statusCode)
      .headers(error.headers ?? {})
      .send({ statusCode, error: STATUS_CODES[statusCode] ?? "Error", message });
  });
}
