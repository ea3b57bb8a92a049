// @ts-check
import { projectTexts, reportFindings } from "./findings.mjs";
import { passagesOf, TEXT_EXTENSIONS } from "./language/passages.mjs";
import { findPhrases } from "./language/phrases.mjs";

/** These files list the phrases, so each of them would be a finding. */
const LISTS = ["scripts/checks/language/phrases.mjs", "scripts/test/checks/language/phrases.test.ts"];

/**
 * Returns the phrases to avoid that the prose of a file contains.
 * @param {string} path its ending decides the language
 * @param {string} text
 * @returns {import("./findings.mjs").Finding[]}
 */
export function findingsIn(path, text) {
  const found = passagesOf(path, text).flatMap((passage) =>
    findPhrases(passage).map(({ index, phrase, instead }) => ({
      line: text.slice(0, passage.start + index).split("\n").length,
      message: `"${phrase}": ${instead}`,
    })),
  );
  return found.sort((a, b) => a.line - b.line);
}

export const languageChecks = [
  {
    name: "language: plain English in comments, texts and Markdown",
    run: () =>
      reportFindings(
        projectTexts(TEXT_EXTENSIONS)
          .filter(({ path }) => !LISTS.includes(path))
          .map(({ path, text }) => ({ path, findings: findingsIn(path, text) })),
      ),
  },
];
