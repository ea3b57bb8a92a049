import { type HttpAnswer, TEXT_HEADERS } from "./http-answer.ts";

/** A request with another method, such as OPTIONS or TRACE, mostly wants something else (RFC 9110 section 9). */
const DEFAULT_METHODS: readonly string[] = ["GET"];

/** Returns the refusal of a request whose method opens no stream; `undefined` if the method is allowed. */
export function refusedMethod(method: string, methods: readonly string[] = DEFAULT_METHODS): HttpAnswer | undefined {
  const effective = method === "HEAD" && !methods.includes("HEAD") ? "GET" : method;
  if (methods.includes(effective)) return undefined;
  const allowed = [...new Set(methods.flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : name)))].join(", ");
  return {
    status: 405,
    code: "METHOD_NOT_ALLOWED",
    headers: { ...TEXT_HEADERS, allow: allowed },
    text: `This method opens no event stream. Allowed: ${allowed}.`,
  };
}
