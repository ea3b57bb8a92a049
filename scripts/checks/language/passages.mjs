// @ts-check
/**
 * A passage is a stretch of prose in a file: a paragraph, a list item, a table cell, a string. Its `text` is as long as
 * the source from `start` on, so an index in it leads back to the line. Marks are blanked; code becomes `NOT_PROSE`.
 *
 * @typedef {object} Passage
 * @property {number} start its offset in the file
 * @property {string} text
 * @property {"prose" | "title" | "test-name"} kind
 */
import { extname } from "node:path";
import { codePassages } from "./code-passages.mjs";
import { markdownPassages } from "./markdown-passages.mjs";
import { htmlPassages, stylePassages } from "./page-passages.mjs";

/** @type {Record<string, (text: string, path: string) => Passage[]>} */
const READERS = {
  ".ts": codePassages,
  ".tsx": codePassages,
  ".mts": codePassages,
  ".mjs": codePassages,
  ".js": codePassages,
  ".css": stylePassages,
  ".html": htmlPassages,
  ".md": (text) => markdownPassages(text),
};

export const TEXT_EXTENSIONS = Object.keys(READERS);

/**
 * Returns the prose of a file.
 * @param {string} path
 * @param {string} text
 */
export function passagesOf(path, text) {
  return READERS[extname(path)]?.(text, path) ?? [];
}
