// @ts-check
/** @typedef {import("./passages.mjs").Passage} Passage */
/** @typedef {{ index: number, phrase: string, instead: string }} Match `instead`: what to write */

const NAME_IT = "name the thing: the subscriber, the entry, the other node";
const NOTIFY = 'use an active verb: "notifies", "receives", "reports to"';

/** Phrases to avoid, and the plain alternative. Upper and lower case are alike. @type {readonly [RegExp, string][]} */
const PHRASES = [
  [/\bwhoever\b/gi, `${NAME_IT}, or "any caller that"`],
  [/\bwhatever\b/gi, 'use "any" or "every" and the noun'],
  [/\bwhom\b/gi, NAME_IT],
  [/\bthose\s+who\b/gi, 'name them: "subscribers that"'],
  // "so that one node" and "that one of them" are other constructions: only the pronoun counts.
  [
    /(?<!\bso\s+)\bthat\s+one(?=[.,;:)!?]|$|\s+(?:is|was|has|had|does|did|can|may|must|will|and|or|where|which)\b)/gi,
    NAME_IT,
  ],
  [/\bthe\s+ones?\s+that\b/gi, 'name the thing: "the node that"'],
  [/\b(?:is|are|was|were|be|been|being)(?:\s+(?:not|never|only|also|then|first))?\s+told\b/gi, NOTIFY],
  [/\b(?:hears?|heard)\s+of\b/gi, 'use "receives", "learns", "detects"'],
  [/\b(?:lets?|letting)\s+go\s+of\b/gi, 'use "releases", "removes", "closes"'],
  [/\bof\s+which\b/gi, 'write two sentences, or "whose"'],
  [/\bwho\s+ask(?:s|ed)\b/gi, 'use "the caller"'],
  [/\bnobody's\b/gi, 'say what is missing: "belongs to no stream"'],
  [/\bsays\s+so\b/gi, 'say what happens: "returns true", "reports the error"'],
  [/\bas\s+it\s+is\s+so\b/gi, "name the condition"],
  [/\bit\s+is\s+asked\s+again\b/gi, 'use "retries"'],
  [/\bc(?:omes?|ame)\s+back\s+with\b/gi, 'use "returns", "reconnects with"'],
  [/\btells\b/gi, 'use "notifies", "reports", "shows", "determines"'],
];

const OPENERS = "Of|Who|What|Whether|That";
/** A sentence begins a passage, or follows the end of another; quotes, brackets and emphasis may stand before it. */
const OPENER = new RegExp(`(?:^\\s*|[.!?]["')\\]*_]*\\s+)["'(\\[*_]*(${OPENERS})\\b`, "g");
/**
 * The name of a test may begin in lower case. "that …" and "of …" then continue the name of its `describe`; "what …"
 * and "whether …" cannot.
 */
const TEST_NAME_OPENER = /^\s*["'(]*(what|whether)\b/gi;
const SENTENCE_END = /[.!?](?=["')\]*_]*(?:\s|$))/g;

/**
 * Returns every phrase to avoid in a passage, and every sentence that opens with one of the words to avoid as its
 * subject. Questions may open with them, and so may titles (Markdown headings and the header rows of tables).
 * @param {Passage} passage
 * @returns {Match[]}
 */
export function findPhrases({ text, kind }) {
  const phrases = PHRASES.flatMap(([pattern, instead]) =>
    [...text.matchAll(pattern)].map(({ index, 0: phrase }) => ({ index, phrase: onOneLine(phrase), instead })),
  );
  if (kind === "title") return phrases;
  const openers = [...text.matchAll(kind === "test-name" ? TEST_NAME_OPENER : OPENER)]
    .map(({ index, 0: match, 1: word = "" }) => ({ index: index + match.length - word.length, word }))
    .filter(({ index }) => !isQuestion(text, index))
    .map(({ index, word }) => ({
      index,
      phrase: onOneLine(text.slice(index, index + 24)),
      instead: `begin with a subject and its verb${/^whether$/i.test(word) ? ', or "Returns true if"' : ""}`,
    }));
  return [...phrases, ...openers];
}

/** @param {string} text @param {number} from */
function isQuestion(text, from) {
  SENTENCE_END.lastIndex = from;
  return SENTENCE_END.exec(text)?.[0] === "?";
}

/** @param {string} text */
function onOneLine(text) {
  return text.replace(/\s+/g, " ").trim();
}
