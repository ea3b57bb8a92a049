// @ts-check
import { hasFailed } from "./results.mjs";

/** More failed files than these are no accident of a busy machine. */
const MAX_FILES = 3;
/** The beginning of fast-check's message. */
const COUNTER_EXAMPLE = "Property failed after";

/**
 * Returns the files that get a second run, with no other tests beside them. See
 * docs/decisions/106-a-failed-file-runs-again-alone.md. None if a second run could hide a fault:
 *
 * - many files failed;
 * - no test caught an error;
 * - a property has a counter-example: a second run would choose other inputs.
 * @param {import("./results.mjs").RunResults} results
 * @returns {string[]}
 */
export function filesToRunAgain({ files, unhandledErrors, wasInterrupted }) {
  const failed = files.filter(hasFailed);
  if (wasInterrupted || unhandledErrors > 0 || failed.length > MAX_FILES) return [];
  const errors = failed.flatMap(({ tests }) => tests.flatMap((test) => test.errors));
  if (errors.some((message) => message.includes(COUNTER_EXAMPLE))) return [];
  return failed.map(({ file }) => file);
}
