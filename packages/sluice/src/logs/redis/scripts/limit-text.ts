/** "No limit" as an argument of a script: Lua has no portable way to read `Infinity` from text. */
export const NO_LIMIT = "1e300";

/** Returns a limit as an argument of a script. */
export function limitText(limit: number): string {
  return limit === Number.POSITIVE_INFINITY ? NO_LIMIT : String(limit);
}
