import type { NodeRequest } from "./node-request.ts";

type Next = (error: unknown) => void;

/** Returns the function of Express that passes an error to its error handling; `undefined` for other servers. */
export function expressNext(request: NodeRequest): Next | undefined {
  // [Express] Both are set on each request, by the application and by its router.
  const { app, next } = request as { readonly app?: unknown; readonly next?: unknown };
  return typeof app === "function" && typeof next === "function" ? (next as Next) : undefined;
}
