import { httpError } from "../stream/answer/http-error.ts";

/**
 * Gives an error with a status of its own the method `getResponse`, by which Hono's default handler answers it. Returns
 * the error. Other errors stay as they are: Hono answers them with 500.
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
