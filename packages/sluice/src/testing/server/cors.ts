import type { ScriptedRequest } from "./wire.ts";

/** Returns true if the request is a CORS preflight (Fetch standard, section 3.2.2). */
export function isPreflight({ method, headers }: ScriptedRequest): boolean {
  return method === "OPTIONS" && "origin" in headers && "access-control-request-method" in headers;
}

/** Returns the headers that let a page of any origin read the answer, also with credentials. */
export function corsHeaders({ headers }: ScriptedRequest): Record<string, string> {
  if (headers.origin === undefined) return {};
  const method = headers["access-control-request-method"];
  const names = headers["access-control-request-headers"];
  return {
    "access-control-allow-origin": headers.origin,
    "access-control-allow-credentials": "true",
    vary: "origin",
    ...(method === undefined ? {} : { "access-control-allow-methods": method }),
    ...(names === undefined ? {} : { "access-control-allow-headers": names }),
  };
}
