// @ts-check
/** The programs of the pages in docs/frameworks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/programs/programs.mjs";
import { codeBlocks } from "../../scripts/readme.mjs";

/** The first line of a block that is a file: a comment with the file's path, in the language of the block. */
const PATH_COMMENT = /^(?:\/\/|#|<!--|\/\*)\s*([\w@$()[\]{}.+-]+(?:\/[\w@$()[\]{}.+-]+)*\.\w+)\s*(?:-->|\*\/)?$/;

/**
 * Returns the files of a page, by path: each block whose first line is a comment with a path and nothing else.
 * @param {string} page
 * @returns {Map<string, string>}
 */
export function filesOfPage(page) {
  return filesOfMarkdown(readFileSync(join(ROOT, "docs/frameworks", page), "utf8"));
}

/** @param {string} markdown @returns {Map<string, string>} */
export function filesOfMarkdown(markdown) {
  const files = new Map();
  for (const { code } of codeBlocks(markdown)) {
    const [first = "", ...rest] = code.split("\n");
    const path = PATH_COMMENT.exec(first)?.[1];
    if (path === undefined || path.split("/").includes("..")) continue;
    if (files.has(path)) throw new Error(`The page has two blocks for ${path}.`);
    // JSON has no comments. Other files keep the line, so that line numbers agree with the page.
    files.set(path, path.endsWith(".json") ? rest.join("\n") : code);
  }
  return files;
}
