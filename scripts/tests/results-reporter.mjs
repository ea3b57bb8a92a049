// @ts-check
import { writeFileSync } from "node:fs";

/** @typedef {import("vitest/node").Reporter} Reporter */

/**
 * Writes the results of a run to the file that `SLUICE_TEST_RESULTS` names, for run.mjs.
 * @implements {Reporter}
 */
// biome-ignore lint/style/noDefaultExport: Vitest loads a reporter by its default export.
export default class ResultsReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandled
   * @param {import("vitest/node").TestRunEndReason} reason
   */
  onTestRunEnd(modules, unhandled, reason) {
    const file = process.env.SLUICE_TEST_RESULTS;
    if (file === undefined) throw new Error("The reporter of results expects a file's path in SLUICE_TEST_RESULTS.");
    /** @type {import("./results.mjs").RunResults} */
    const results = {
      unhandledErrors: unhandled.length,
      wasInterrupted: reason === "interrupted",
      files: modules.map((module) => ({
        file: module.moduleId,
        hasFailedOutsideOfTests: module.state() === "failed" && (hasErrors(module) || !hasFailedTest(module)),
        tests: [...module.children.allTests()].map((test) => ({
          name: test.fullName,
          state: test.result().state,
          errors: (test.result().errors ?? []).map(({ message }) => message),
        })),
      })),
    };
    writeFileSync(file, JSON.stringify(results));
  }
}

/**
 * Returns true if an error belongs to the file or to one of its suites, as that of a hook does.
 * @param {import("vitest/node").TestModule} module
 */
function hasErrors(module) {
  return [module, ...module.children.allSuites()].some((suite) => suite.errors().length > 0);
}

/** @param {import("vitest/node").TestModule} module */
function hasFailedTest(module) {
  return [...module.children.allTests("failed")].length > 0;
}
