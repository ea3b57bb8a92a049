/** The code that the first connection does not need, unless the stream has `persist` or `schemas`. */
export type Rest = typeof import("./on-demand.ts");

/** Loads the rest. Each stream does so at its start, and again when it needs the code, in case that failed. */
export function loadRest(): Promise<Rest> {
  return import("./on-demand.ts");
}
