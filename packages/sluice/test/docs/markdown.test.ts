import { describe, expect, it } from "vitest";
import {
  codeBlocks,
  firstColumn,
  headingAnchors,
  headings,
  indentedFences,
  linkTargets,
  namedScripts,
} from "./support/markdown.ts";

describe("reading Markdown", () => {
  it("finds blocks, with the lines of their code", () => {
    const text = "# A\n```ts\nlet a;\nlet b;\n```\n\n````md\n```ts\nno;\n```\n````\n```sh\nls\n```\n";
    expect(codeBlocks(text)).toEqual([
      { language: "ts", code: "let a;\nlet b;\n", line: 3 },
      { language: "md", code: "```ts\nno;\n```\n", line: 8 },
      { language: "sh", code: "ls\n", line: 13 },
    ]);
  });

  it("finds fences that do not begin at the margin", () => {
    expect(indentedFences("- a\n  ```ts\n  let a;\n  ```\n```md\n  ```ts\n```\n")).toEqual(["  ```ts", "  ```"]);
  });

  it("finds links, but not in code", () => {
    const text = "[a](b.md#c) ![d](e.png) `[f](g)`\n```md\n[h](i)\n```\n[j]: k.md\n";
    expect(linkTargets(text)).toEqual(["b.md#c", "e.png", "k.md"]);
  });

  it("finds headings and their anchors, but not in code", () => {
    const text = "# The C# idea: `a` & b\n## Twice\n## Twice\n```sh\n# a remark\n```\n";
    expect(headingAnchors(text)).toEqual(["the-c-idea-a--b", "twice", "twice-1"]);
    expect(headings(text, 2)).toEqual(["Twice", "Twice"]);
  });

  it("finds the first column of the tables in a section", () => {
    const text = "# T\n## A\n| x | y |\n|---|---|\n| `a` | 1 |\n| `b c` | 2 |\n## B\n| `d` | 3 |\n";
    expect(firstColumn(text, "A")).toEqual(["a", "b c"]);
    expect(firstColumn(text, "B")).toEqual(["d"]);
    expect(firstColumn(text, "C")).toEqual([]);
  });

  it("finds scripts in spans and blocks", () => {
    const text =
      "Run `npm run lint`, or npm run prose.\n" +
      "```sh\nnpm ci && npm test -- a   # npm run no\nnpm run build -w sluice\n```";
    expect(namedScripts(text)).toEqual([
      { script: "test", workspace: undefined },
      { script: "no", workspace: undefined },
      { script: "build", workspace: "sluice" },
      { script: "lint", workspace: undefined },
    ]);
  });
});
