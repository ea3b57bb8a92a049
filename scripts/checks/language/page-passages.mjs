// @ts-check
import { markdownPassages } from "./markdown-passages.mjs";
import { mask } from "./mask.mjs";

/** @typedef {import("./passages.mjs").Passage} Passage */

/**
 * Returns the comments of a style sheet.
 * @param {string} text
 * @returns {Passage[]}
 */
export function stylePassages(text) {
  return [...text.matchAll(/\/\*[\s\S]*?\*\//g)].flatMap(({ index, 0: comment }) =>
    markdownPassages(mask(comment, /^\/\*+|\*+\/$|^[ \t]*\*(?!\/)/gm), index),
  );
}

/**
 * Returns the comments and the texts of an HTML page, without its scripts and styles.
 * @param {string} text
 * @returns {Passage[]}
 */
export function htmlPassages(text) {
  const page = mask(text, /<(script|style)\b[\s\S]*?<\/\1>/gi);
  return [...page.matchAll(/<!--[\s\S]*?-->|<[^>]*>|[^<]+/g)]
    .filter(({ 0: part }) => part.startsWith("<!--") || !part.startsWith("<"))
    .map(({ index, 0: part }) => ({ start: index, text: mask(part, /<!--|-->/g), kind: "prose" }));
}
