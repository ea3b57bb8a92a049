// @ts-check
/** Stands for code within prose: no word, and no space either, so that the words around it do not become a phrase. */
export const NOT_PROSE = "\uFFFC";
/** Ends a passage. It stands where the source has a mark, such as a JSDoc tag. */
export const PASSAGE_BREAK = "\f";

/**
 * Replaces every match by as many of the character; line feeds stay.
 * @param {string} text
 * @param {RegExp} pattern
 * @param {string} [character]
 */
export function mask(text, pattern, character = " ") {
  return text.replace(pattern, (match) => match.replace(/[^\n]/g, character));
}
