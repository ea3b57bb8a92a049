// @ts-check
/**
 * The result of one test, with the messages of its errors.
 * @typedef {{ name: string, state: "passed" | "failed" | "skipped" | "pending", errors: string[] }} TestResult
 */

/**
 * The results of one file, an absolute path. `hasFailedOutsideOfTests`: the file could not be loaded, or a hook of the
 * file or of a suite failed.
 * @typedef {{ file: string, hasFailedOutsideOfTests: boolean, tests: TestResult[] }} FileResults
 */

/**
 * The results of a run. `unhandledErrors` is the number of errors that no test caught.
 * @typedef {{ unhandledErrors: number, wasInterrupted: boolean, files: FileResults[] }} RunResults
 */

/**
 * Returns true if a test of the file, or the file itself, failed.
 * @param {FileResults} results
 */
export function hasFailed({ hasFailedOutsideOfTests, tests }) {
  return hasFailedOutsideOfTests || tests.some(({ state }) => state === "failed");
}

/**
 * Returns the results of a run, where those of a second run replace those of the same files.
 * @param {RunResults} first
 * @param {RunResults} second
 * @returns {RunResults}
 */
export function withSecondRun(first, second) {
  const again = new Map(second.files.map((results) => [results.file, results]));
  return {
    unhandledErrors: first.unhandledErrors + second.unhandledErrors,
    wasInterrupted: first.wasInterrupted || second.wasInterrupted,
    files: first.files.map((results) => again.get(results.file) ?? results),
  };
}
