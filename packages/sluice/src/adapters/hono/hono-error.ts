import { httpError } from "../../stream/answer/http-error.ts";

/**
 * Adds the method `getResponse` to an error with a status of its own, because Hono's default handler answers with its
 * result. Returns the error. Hono answers other errors with 500.
 */
export function withResponse(error: unknown): unknown {
  if (typeof error !== "object" || error === null || "getResponse" in error || !Object.isExtensible(error))
    return error;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  const { status: answered, headers, text } = httpError(error);
  if (answered !== (status ?? statusCode)) return error;
  const getResponse = () => new Response(text, { status: answered, headers });
  return Object.defineProperty(error, "getResponse", { value: getResponse, configurable: true });
}
