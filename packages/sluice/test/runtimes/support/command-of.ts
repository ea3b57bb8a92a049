import { programPath } from "../../../../../scripts/programs/programs.mjs";

/** Returns the command line of a runtime, or `undefined` if this machine does not have it. */
export function commandOf(name: string, ...args: string[]): string[] | undefined {
  const path = programPath(name);
  return path === undefined ? undefined : [path, ...args];
}
