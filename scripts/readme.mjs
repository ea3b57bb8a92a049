// @ts-check
/** What README promises: its commands and its programs, read from the text itself. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./servers.mjs";

/** Every machine must be able to start and test the project with these, and README must say so. */
export const START_COMMAND = "npm ci && npm start";
export const TEST_COMMAND = "npm ci && npm test";

/** README's text. */
export function readReadme() {
  return readFileSync(join(ROOT, "README.md"), "utf8");
}

/**
 * The fenced code blocks of a Markdown text, in order.
 * @param {string} markdown
 */
export function codeBlocks(markdown) {
  return [...markdown.matchAll(/^(`{3,})(\w*)[^\n]*\n(.*?)^\1\s*$/gms)].map(([, , language = "", code = ""]) => ({
    language,
    code,
  }));
}

/**
 * The command lines of a Markdown text's shell blocks, without prompts and remarks.
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
 * The command by which a Markdown text says one tests the project. Throws unless it is the one that is promised.
 * @param {string} markdown
 */
export function testCommand(markdown) {
  const commands = commandLines(markdown);
  const found = commands.find((line) => /\bnpm (run )?test\b/.test(line));
  if (found === TEST_COMMAND) return found;
  throw new Error(`README must give the test command as \`${TEST_COMMAND}\`, but gives ${found ?? "none"}.`);
}

/**
 * The first TypeScript program of a Markdown text.
 * @param {string} markdown
 */
export function firstProgram(markdown) {
  const block = codeBlocks(markdown).find(({ language }) => ["ts", "typescript"].includes(language));
  if (!block) throw new Error("README has no block of TypeScript.");
  return block.code;
}
