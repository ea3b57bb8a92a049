import { programPath } from "../../../../scripts/programs/programs.mjs";
import type { ProxyKind } from "./proxy-process.ts";

/**
 * Registers the suites of a proxy that the tests do not install, if this machine has its program. Otherwise prints that
 * they are left out.
 */
export function ifFound({ name, program }: ProxyKind, register: () => void): void {
  if (programPath(program) !== undefined) register();
  else console.error(`LEFT OUT, because this machine has no program for it: ${name}`);
}
