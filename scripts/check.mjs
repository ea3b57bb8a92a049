// @ts-check
/**
 * Runs the checks that no test covers: types, the published package, engines, sizes, line lengths, language, and
 * README's promises. Prints one line for each check, and exits with 1 if a check fails.
 *
 *     npm run check                     all checks
 *     npm run check -- size             the checks whose name contains "size"
 *     npm run check -- --report=FILE    also writes the results to FILE, as JSON
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { engineChecks } from "./checks/engines.mjs";
import { frameworksChecks } from "./checks/frameworks.mjs";
import { languageChecks } from "./checks/language.mjs";
import { lineLengthChecks } from "./checks/line-lengths.mjs";
import { packageChecks } from "./checks/package.mjs";
import { readmeChecks } from "./checks/readme.mjs";
import { sizeChecks } from "./checks/sizes.mjs";
import { trackedFilesChecks } from "./checks/tracked-files.mjs";
import { typeChecks } from "./checks/types.mjs";

/**
 * A check. Its `run` throws if the check fails, and may return a remark to print on its line.
 * @typedef {{ name: string, run: () => string | void | Promise<string | void> }} Check
 */

const { values, positionals } = parseArgs({ allowPositionals: true, options: { report: { type: "string" } } });

/** The build comes first: other checks read its output. @type {Check[]} */
const checks = [
  ...typeChecks(),
  ...packageChecks,
  ...engineChecks,
  ...sizeChecks,
  ...trackedFilesChecks,
  ...lineLengthChecks,
  ...languageChecks,
  ...readmeChecks,
  ...frameworksChecks,
];
const chosen = checks.filter(({ name }) => positionals.every((word) => name.includes(word)));
const results = [];
for (const { name, run } of chosen) {
  try {
    const remark = await run();
    console.log(`ok      ${name}${remark ? `: ${remark}` : ""}`);
    results.push({ name, ok: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.log(`FAILED  ${name}\n${reason.trim().replace(/^/gm, "        ")}`);
    results.push({ name, ok: false, reason });
  }
}
if (values.report) writeFileSync(values.report, `${JSON.stringify(results, null, 2)}\n`);
if (chosen.length === 0 || results.some(({ ok }) => !ok)) process.exitCode = 1;
