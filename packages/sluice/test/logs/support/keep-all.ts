import type { Retention } from "../../../src/logs/log.ts";

/** A retention without limits. */
export const KEEP_ALL: Retention = {
  events: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  age: Number.POSITIVE_INFINITY,
};
