import { describe, expect, it } from "vitest";
import { findingsIn } from "../../checks/language.mjs";

/** Put together here, or the check would find it in this file. */
const PHRASE = ["who", "ever"].join("");

const linesIn = (path: string, ...lines: readonly string[]): number[] =>
  findingsIn(path, lines.join("\n").replaceAll("PHRASE", PHRASE)).map(({ line }) => line);

describe("the check of language in code", () => {
  it("reports the line, the phrase and the alternative", () => {
    expect(findingsIn("a.ts", `// One.\n\n// It serves ${PHRASE} connects.`)).toEqual([
      { line: 3, message: expect.stringMatching(new RegExp(`^"${PHRASE}": .*any caller that`)) },
    ]);
  });

  it("reads line comments, doc comments and comments at the end of a line", () => {
    const lines = ["// PHRASE calls", "const a = 1; // for PHRASE calls", "/**", " * For", " * PHRASE calls", " */"];
    expect(linesIn("a.ts", ...lines)).toEqual([1, 2, 5]);
  });

  it("reads adjacent line comments as one text", () => {
    expect(linesIn("a.ts", "// It", "// is", "// told.".replace("told", ["to", "ld"].join("")))).toEqual([2]);
    expect(linesIn("a.ts", "// It waits until", "// That happens.")).toEqual([]);
  });

  it("reads each line comment behind code as a text of its own", () => {
    expect(linesIn("a.ts", "a(); // first", "b(); // That follows.")).toEqual([2]);
  });

  it("counts lines right where characters take several bytes", () => {
    expect(linesIn("a.ts", "// → 😀", "const a = '→';", "// PHRASE")).toEqual([3]);
  });

  it("reads the text of a JSDoc tag without its type and name", () => {
    expect(linesIn("a.mjs", "/** @param {() => PHRASE} PHRASE */")).toEqual([]);
    expect(linesIn("a.mjs", "/**", " * Returns it.", " * @param {string} path What is read", " */")).toEqual([3]);
    expect(linesIn("a.mjs", "/** Returns it. @param {{ a: { b: string } }} options for PHRASE calls */")).toEqual([1]);
  });

  it("skips a line that quotes a standard, to the end of its paragraph", () => {
    expect(linesIn("a.ts", "// [spec] PHRASE calls", "// and PHRASE answers")).toEqual([]);
    expect(linesIn("a.ts", "/**", " * [spec] PHRASE calls", " *", " * PHRASE", " */")).toEqual([4]);
  });

  it("skips code spans and code blocks in comments", () => {
    expect(linesIn("a.ts", "// the `PHRASE` field", "/**", " * ```ts", " * PHRASE", " * ```", " */")).toEqual([]);
  });

  it("skips identifiers and strings of one word", () => {
    expect(linesIn("a.ts", "const PHRASE = 1;", 'const a = "PHRASE";', "const b = { PHRASE };")).toEqual([]);
  });

  it("reads strings and templates of several words", () => {
    expect(
      linesIn("a.ts", 'const a = "for PHRASE";', "const b = `It is", "for PHRASE`;", "f(`for $" + "{1} PHRASE`);"),
    ).toEqual([1, 3, 4]);
  });

  it("does not join the words around an expression or a code span", () => {
    const told = ["to", "ld"].join("");
    expect(linesIn("a.ts", `const a = \`it is \${name} ${told}\`;`, `// it is \`now\` ${told}`)).toEqual([]);
  });

  it("reads the names of tests, which may not open with such a word in lower case either", () => {
    const names = ['it("what is left is sent", f);', 'it.each([])("whether %s is open", f);', 'f("what is left", g);'];
    expect(linesIn("a.ts", ...names)).toEqual([1, 2]);
  });
});

describe("the check of language in Markdown", () => {
  it("reads paragraphs, list items and table cells, each as a text of its own", () => {
    const lines = [
      "It waits",
      "for PHRASE.",
      "- first",
      "- What is left",
      "",
      "| a | b |",
      "|---|---|",
      "| x | What is left |",
    ];
    expect(linesIn("a.md", ...lines)).toEqual([2, 4, 8]);
  });

  it("lets a heading and the header row of a table open with any word", () => {
    expect(linesIn("a.md", "## What loads when", "", "| What | Who has it |", "|---|---|")).toEqual([]);
    expect(linesIn("a.md", "## For PHRASE")).toEqual([1]);
  });

  it("skips code blocks, code spans, quoted standards and the targets of links", () => {
    const lines = [
      "```sh",
      "PHRASE",
      "```",
      "the `PHRASE` and [a](PHRASE.md)",
      "> PHRASE",
      "continued PHRASE",
      "",
      "a",
    ];
    expect(linesIn("a.md", ...lines)).toEqual([]);
  });

  it("reads on behind a code block", () => {
    expect(linesIn("a.md", "````", "```", "````", "PHRASE")).toEqual([4]);
  });
});

describe("the check of language in pages", () => {
  it("reads the comments of style sheets", () => {
    expect(linesIn("a.css", ".PHRASE {", "  /* for", "   * PHRASE */", "}")).toEqual([3]);
  });

  it("reads the texts and comments of HTML, not its tags and scripts", () => {
    const lines = ['<p class="PHRASE">for', "PHRASE</p>", "<!-- PHRASE -->", "<script>PHRASE</script>"];
    expect(linesIn("a.html", ...lines)).toEqual([2, 3]);
  });
});
