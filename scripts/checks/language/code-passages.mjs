// @ts-check
import { parseModule, visitNodes } from "../../syntax-tree.mjs";
import { markdownPassages } from "./markdown-passages.mjs";
import { mask, NOT_PROSE, PASSAGE_BREAK } from "./mask.mjs";

/** @typedef {import("./passages.mjs").Passage} Passage */

const TEST_FUNCTIONS = ["describe", "it", "test"];
/** A string with at least two words is a text for people; a single word is data (a name, a key, a value). */
const TWO_WORDS = /\p{L}.*\s.*\p{L}/su;
const ESCAPE = /\\[nrt]/g;

/**
 * Returns the prose of a TypeScript or JavaScript module: its comments, and its strings of two words or more.
 * @param {string} source
 * @param {string} path
 * @returns {Passage[]}
 */
export function codePassages(source, path) {
  const { program, comments } = parseModule(source, path);
  /** @type {Passage[]} */
  const strings = [];
  const testNames = new Set();
  visitNodes(program, (node) => {
    if (node.type === "CallExpression" && TEST_FUNCTIONS.includes(rootOf(node.callee)))
      testNames.add(node.arguments[0]);
    const text = textOf(node, source);
    if (text === undefined || !TWO_WORDS.test(text)) return;
    strings.push({ start: node.start, text, kind: testNames.has(node) ? "test-name" : "prose" });
  });
  return [...commentBlocks(source, comments).flatMap(commentPassages), ...strings];
}

/**
 * Returns the text of a string, a template or a JSX text, without its quotes and with `NOT_PROSE` for expressions.
 * @param {any} node
 * @param {string} source
 */
function textOf(node, source) {
  const raw = source.slice(node.start, node.end);
  if (node.type === "JSXText") return raw;
  if (node.type === "Literal" && typeof node.value === "string") return mask(mask(raw, ESCAPE), /^.|.$/g);
  if (node.type !== "TemplateLiteral") return undefined;
  let text = raw;
  for (const { start, end } of node.expressions) {
    const [from, to] = [start - node.start - 2, end - node.start + 1]; // with `${` and `}`
    text = text.slice(0, from) + mask(text.slice(from, to), /./g, NOT_PROSE) + text.slice(to);
  }
  return mask(mask(text, ESCAPE), /^.|.$/g);
}

/** Returns the name at the root of `it.each(…)(…)`, `describe.skipIf(…)(…)`. @param {any} callee @returns {string} */
function rootOf(callee) {
  const inner = callee.object ?? callee.callee ?? callee.tag;
  return inner === undefined ? (callee.name ?? "") : rootOf(inner);
}

/**
 * Joins line comments that stand alone on adjacent lines, since a sentence may go on from one to the next.
 * @param {string} source
 * @param {readonly { type: string, start: number, end: number }[]} comments
 */
function commentBlocks(source, comments) {
  /** @type {{ start: number, end: number, text: string, isAlone: boolean }[]} */
  const blocks = [];
  for (const { type, start, end } of comments) {
    const isAlone = type === "Line" && /^[ \t]*$/.test(source.slice(source.lastIndexOf("\n", start - 1) + 1, start));
    const last = blocks.at(-1);
    if (isAlone && last?.isAlone && /^[ \t]*\n[ \t]*$/.test(source.slice(last.end, start))) last.end = end;
    else blocks.push({ start, end, text: "", isAlone });
  }
  return blocks.map(({ start, end }) => ({ start, text: source.slice(start, end) }));
}

/** @param {{ start: number, text: string }} block */
function commentPassages({ start, text }) {
  const unmarked = text.startsWith("/*") ? mask(text, /^\/\*+|\*+\/$|^[ \t]*\*(?!\/)/gm) : mask(text, /^[ \t]*\/\/+/gm);
  return markdownPassages(maskTags(unmarked), start);
}

/**
 * Blanks JSDoc tags with their types and names (`@param {string} path`), so that the prose after them is a passage of
 * its own. A package (`@scope/name`) is not a tag.
 * @param {string} comment
 */
function maskTags(comment) {
  let text = comment;
  for (const { index, 0: tag } of comment.matchAll(/(?<![^\s{])@[a-z][\w-]*(?![\w/-])/gi)) {
    let end = index + tag.length;
    end = closingBrace(text, end) ?? end;
    if (/^@(?:param|property|typedef|template|callback)$/.test(tag))
      end += /^\s*(?:\[[^\]]*\]|[\w.$]+)?/.exec(text.slice(end))?.[0].length ?? 0;
    text = text.slice(0, index) + PASSAGE_BREAK + mask(text.slice(index + 1, end), /./g) + text.slice(end);
  }
  return text;
}

/**
 * Returns the offset after the type in braces that follows `from`, or `undefined` if none does.
 * @param {string} text
 * @param {number} from
 */
function closingBrace(text, from) {
  const open = /^\s*\{/.exec(text.slice(from));
  if (open === null) return undefined;
  let depth = 0;
  for (let at = from + open[0].length - 1; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at + 1;
  }
  return undefined;
}
