import { serverPath } from "../../../../scripts/servers.mjs";

/** The command line of a runtime that the machine may have. */
export function commandOf(name: string, ...args: string[]): string[] | undefined {
  const path = serverPath(name);
  return path === undefined ? undefined : [path, ...args];
}
