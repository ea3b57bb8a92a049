import type { Sluice } from "../sluice.ts";

/** A shared Sluice, and the version of the package that made it. */
export interface SharedSluice {
  readonly sluice: Sluice;
  readonly version: string;
}

/** The shared Sluices of a process by their keys. */
export type SharedSluices = Map<string, SharedSluice>;
