import { programPath } from "../../../../scripts/programs.mjs";

/** The command line of a runtime that the machine may have. */
export function commandOf(name: string, ...args: string[]): string[] | undefined {
  const path = programPath(name);
  return path === undefined ? undefined : [path, ...args];
}
