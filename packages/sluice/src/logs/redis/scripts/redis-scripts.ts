import { APPEND } from "./append-script.ts";
import { DELETE } from "./delete-script.ts";
import { BEGIN, READ_ENDS } from "./ends-scripts.ts";
import { FIND, FOLLOW, READ } from "./read-scripts.ts";
import { DECLARE, VISIT } from "./timeline-scripts.ts";
import { DROP } from "./trim-script.ts";

/*
 * The scripts that Redis runs atomically. Each script receives the keys of one channel; `follow` those of many, and
 * `visit` and `declare` those that all channels share:
 * - `log`: a stream with the IDs `1-0`, `2-0` …. Each entry has one field, whose name is the epoch of the append.
 * - `meta`: a hash with epoch, life, first, last and bytes.
 * - `ids`: a sorted set of publishers' own IDs, scored by offset.
 *
 * Entries before `first` of `meta` do not exist for readers. The stream may still hold some: dropping whole nodes of it
 * is cheaper.
 */

export type ScriptName =
  | "append"
  | "drop"
  | "read"
  | "follow"
  | "ends"
  | "begin"
  | "find"
  | "delete"
  | "visit"
  | "declare";

/** The scripts, by name. */
export const SCRIPTS: Readonly<Record<ScriptName, string>> = {
  append: APPEND,
  drop: DROP,
  read: READ,
  follow: FOLLOW,
  ends: READ_ENDS,
  begin: BEGIN,
  find: FIND,
  delete: DELETE,
  visit: VISIT,
  declare: DECLARE,
};

export const SCRIPT_NAMES: readonly ScriptName[] = Object.keys(SCRIPTS) as ScriptName[];
