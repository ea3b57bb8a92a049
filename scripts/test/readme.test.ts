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

describe("reading README", () => {
  it("finds the code blocks, and takes a block within a block for text", () => {
    expect(codeBlocks(README).map(({ language }) => language)).toEqual(["ts", "sh", "md"]);
  });

  it("finds command lines without prompts and remarks", () => {
    expect(commandLines(README)).toEqual(["npm ci && npm start", "npm ci && npm test"]);
  });

  it("finds the first program", () => {
    expect(firstProgram(README)).toBe('import { createSluice } from "sluice";\n');
    expect(() => firstProgram("# Sluice")).toThrow("no block of TypeScript");
  });

  it("accepts only the promised test command", () => {
    expect(testCommand(README)).toBe("npm ci && npm test");
    expect(() => testCommand(README.replace("ci && npm test", "install && npm test"))).toThrow(
      "but gives npm install && npm test",
    );
    expect(() => testCommand("# Sluice")).toThrow("but gives none");
  });
});
