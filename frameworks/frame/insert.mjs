// @ts-check
/** Adds code to a program of a page: what the page leaves out for the sake of brevity. */
import { readFileSync, writeFileSync } from "node:fs";

/**
 * Lines for a program, before, after or instead of a text.
 * @typedef {{ before?: string, after?: string, instead?: string, lines: string }} Insertion
 */

/**
 * Inserts lines into a file of a project. Throws unless the file has each text once.
 * @param {string} file
 * @param {readonly Insertion[]} insertions
 */
export function insert(file, insertions) {
  let code = readFileSync(file, "utf8");
  for (const { before, after, instead, lines } of insertions) {
    const mark = before ?? after ?? instead ?? "";
    if (code.split(mark).length !== 2) throw new Error(`${file} must have this text once: ${mark}`);
    const added = before ? `${lines}\n${mark}` : after ? `${mark}\n${lines}` : lines;
    code = code.replace(mark, () => added);
  }
  writeFileSync(file, code);
}
