// @ts-check
import { projectTexts, reportFindings } from "./findings.mjs";

const MAX_LINE_CHARS = 120;
/** Markdown is left out: its lines wrap on the page, and a table row cannot be split. */
const EXTENSIONS = [".ts", ".tsx", ".mts", ".mjs", ".js", ".css", ".html"];

/**
 * Returns the lines of a text that have more than 120 characters.
 * @param {string} text
 * @returns {{ line: number, message: string }[]}
 */
export function longLines(text) {
  return text.split("\n").flatMap((content, index) => {
    const length = [...content].length; // characters, not UTF-16 units
    return length > MAX_LINE_CHARS ? [{ line: index + 1, message: `has ${length} characters` }] : [];
  });
}

export const lineLengthChecks = [
  {
    name: `line length: at most ${MAX_LINE_CHARS} characters`,
    run: () => reportFindings(projectTexts(EXTENSIONS).map(({ path, text }) => ({ path, findings: longLines(text) }))),
  },
];
