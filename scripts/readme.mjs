// @ts-check
/** Reads README's promises from its text: its commands and its programs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./programs/programs.mjs";

/** README must give these commands, and they must work on every machine. */
export const START_COMMAND = "npm ci && npm start";
export const TEST_COMMAND = "npm ci && npm test";

/** Returns README's text. */
export function readReadme() {
  return readFileSync(join(ROOT, "README.md"), "utf8");
}

/**
 * Returns the fenced code blocks of a Markdown text, in order.
 * @param {string} markdown
 */
export function codeBlocks(markdown) {
  return [...markdown.matchAll(/^(`{3,})(\w*)[^\n]*\n(.*?)^\1\s*$/gms)].map(([, , language = "", code = ""]) => ({
    language,
    code,
  }));
}

/**
 * Returns the command lines in the shell blocks of a Markdown text, without prompts and comments.
 * @param {string} markdown
 */
export function commandLines(markdown) {
  return codeBlocks(markdown)
    .filter(({ language }) => ["", "sh", "bash", "shell", "console"].includes(language))
    .flatMap(({ code }) => code.split("\n"))
    .map((line) =>
      line
        .replace(/^\$ /, "")
        .replace(/\s+#.*$/, "")
        .trim(),
    )
    .filter((line) => line !== "");
}

/**
 * Returns the test command that a Markdown text gives. Throws unless it is `TEST_COMMAND`.
 * @param {string} markdown
 */
export function testCommand(markdown) {
  const commands = commandLines(markdown);
  const found = commands.find((line) => /\bnpm (run )?test\b/.test(line));
  if (found === TEST_COMMAND) return found;
  throw new Error(`README must give the test command as \`${TEST_COMMAND}\`, but gives ${found ?? "none"}.`);
}

/**
 * Returns the first TypeScript program of a Markdown text. Throws if there is none.
 * @param {string} markdown
 */
export function firstProgram(markdown) {
  const block = codeBlocks(markdown).find(({ language }) => ["ts", "typescript"].includes(language));
  if (!block) throw new Error("README has no block of TypeScript.");
  return block.code;
}
