import { describe, expect, it } from "vitest";
import { codeBlocks, commandLines, firstProgram, testCommand } from "../readme.mjs";

const README = [
  "# Sluice",
  "```ts",
  'import { createSluice } from "sluice";',
  "```",
  "Try it:",
  "```sh",
  "$ npm ci && npm start   # the desk",
  "npm ci && npm test",
  "```",
  "````md",
  "```sh",
  "rm -r /",
  "```",
  "````",
].join("\n");

describe("README", () => {
  it("has code blocks, and a block within a block is text", () => {
    expect(codeBlocks(README).map(({ language }) => language)).toEqual(["ts", "sh", "md"]);
  });

  it("has command lines, which are read without prompts and comments", () => {
    expect(commandLines(README)).toEqual(["npm ci && npm start", "npm ci && npm test"]);
  });

  it("has a first program, or reading it fails", () => {
    expect(firstProgram(README)).toBe('import { createSluice } from "sluice";\n');
    expect(() => firstProgram("# Sluice")).toThrow("no block of TypeScript");
  });

  it("must give the promised test command", () => {
    expect(testCommand(README)).toBe("npm ci && npm test");
    expect(() => testCommand(README.replace("ci && npm test", "install && npm test"))).toThrow(
      "but gives npm install && npm test",
    );
    expect(() => testCommand("# Sluice")).toThrow("but gives none");
  });
});
