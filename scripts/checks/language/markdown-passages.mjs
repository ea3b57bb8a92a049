// @ts-check
import { mask, NOT_PROSE, PASSAGE_BREAK } from "./mask.mjs";

/** @typedef {import("./passages.mjs").Passage} Passage */

const FENCE = /^\s*(`{3,}|~{3,})/;
const HEADING = /^\s*#{1,6}\s/;
const QUOTE = /^\s*>/;
const LIST_MARKER = /^\s*(?:[-*+]|\d+[.)])\s+/;
const TABLE_ROW = /^\s*\|/;
const TABLE_DELIMITER = /^\s*\|[\s:|-]+$/;
/** A quoted line of a standard, in a comment; it reaches to the end of its paragraph. */
const SPEC_QUOTE = /^\s*\[spec\]/;

const INLINE_CODE = /(?<!`)(`+)(?!`)(?:(?!\n\s*\n)[\s\S])*?(?<!`)\1(?!`)/g;
const LINK_TARGET = /(?<=\])\([^()\s]*\)/g;
const ADDRESS = /\bhttps?:\/\/[^\s)>]+/g;
const TAG = /<!--|-->|<\/?[a-z][^<>\n]*>/gi;

/**
 * Returns the prose of a Markdown text, or of a comment whose marks are blanked. Code blocks, code spans and block
 * quotes are not prose. A paragraph, a list item and a table cell are a passage each.
 * @param {string} text
 * @param {number} [offset] of the text in its file
 * @returns {Passage[]}
 */
export function markdownPassages(text, offset = 0) {
  /** @type {Passage[]} */
  const passages = [];
  /** @type {Passage | undefined} The paragraph that the next line may continue. */
  let open;
  let fence = "";
  let isQuote = false;
  const add = (
    /** @type {number} */ start,
    /** @type {string} */ line,
    /** @type {Passage["kind"]} */ kind = "prose",
  ) => {
    const passage = { start: offset + start, text: line, kind };
    passages.push(passage);
    return passage;
  };
  const lines = linesOf(text);
  for (const [index, { start, line }] of lines.entries()) {
    const mark = FENCE.exec(line)?.[1] ?? "";
    if (fence !== "") {
      if (mark.startsWith(fence)) fence = "";
    } else if (mark !== "") {
      fence = mark;
      open = undefined;
    } else if (line.trim() === "") {
      open = undefined;
      isQuote = false;
    } else if (isQuote || QUOTE.test(line) || SPEC_QUOTE.test(line)) {
      isQuote = true;
      open = undefined;
    } else if (HEADING.test(line)) {
      add(start, mask(line, /^\s*#+/g), "title");
      open = undefined;
    } else if (TABLE_ROW.test(line)) {
      const isHeader = TABLE_DELIMITER.test(lines[index + 1]?.line ?? "");
      for (const cell of cellsOf(line)) add(start + cell.start, cell.text, isHeader ? "title" : "prose");
      open = undefined;
    } else if (open === undefined || LIST_MARKER.test(line)) {
      open = add(start, mask(line, new RegExp(LIST_MARKER, "g")));
    } else {
      open.text += `\n${line}`;
    }
  }
  return passages.flatMap(splitAtBreaks).map((passage) => ({ ...passage, text: maskInline(passage.text) }));
}

/** @param {string} text */
function linesOf(text) {
  let start = 0;
  return text.split("\n").map((line) => {
    const from = start;
    start += line.length + 1;
    return { start: from, line };
  });
}

/** @param {string} row */
function cellsOf(row) {
  const masked = mask(row, INLINE_CODE, NOT_PROSE);
  return [...masked.matchAll(/(?:\\\||[^|])+/g)].map(({ index, 0: text }) => ({ start: index, text }));
}

/** @param {Passage} passage @returns {Passage[]} */
function splitAtBreaks({ start, text, kind }) {
  let from = start;
  return text.split(PASSAGE_BREAK).map((part) => {
    const passage = { start: from, text: part, kind };
    from += part.length + 1;
    return passage;
  });
}

/** @param {string} text */
function maskInline(text) {
  const withoutCode = mask(text, INLINE_CODE, NOT_PROSE);
  return mask(mask(mask(withoutCode, LINK_TARGET, NOT_PROSE), ADDRESS, NOT_PROSE), TAG);
}
