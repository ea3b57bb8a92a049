import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openEventStream } from "../../src/testing/open-event-stream.ts";
import { type Compiled, compile, type Program } from "./compile.ts";
import { brokenLinks, DOCUMENTS, ROOT, readDocument, unknownScripts } from "./documents.ts";
import { codeBlocks, headingAnchors, linkTargets, namedScripts } from "./markdown.ts";

const MAX_PROGRAM_LINES = 10;

const readmes = [...programsOf("README.md"), ...programsOf("packages/sluice/README.md")];
const guide = programsOf("docs/guide.md");
let compiledReadmes: Compiled;
let compiledGuide: Compiled;

beforeAll(() => {
  if (!existsSync(join(ROOT, "packages/sluice/dist/index.d.ts")))
    throw new Error("The package is not built, which these tests need. Run `npm run build -w sluice`.");
  compiledReadmes = compile("readmes", readmes, { prelude: false });
  compiledGuide = compile("guide", guide, { prelude: true });
});

describe("a TypeScript block", () => {
  it("is there to be compiled, in each of the texts", () => {
    for (const text of ["README-", "packages-sluice-README-"])
      expect(readmes.filter(({ name }) => name.startsWith(text)).length).toBeGreaterThan(0);
    expect(guide.length).toBeGreaterThan(20);
  });

  it.each(readmes)("of $where stands for itself and compiles", ({ name }) => {
    expect(compiledReadmes.errors.get(name)).toBeUndefined();
  });

  it.each(guide)("of $where compiles", ({ name }) => {
    expect(compiledGuide.errors.get(name)).toBeUndefined();
  });

  it("that has a mistake is found", () => {
    const { errors } = compile(
      "mistakes",
      [
        { name: "good", code: `import { createSluice } from "sluice";\ncreateSluice().channel("orders");` },
        { name: "unknown-method", code: `import { createSluice } from "sluice";\ncreateSluice().chanel("orders");` },
        { name: "unknown-entry", code: `import "sluice/nowhere";` },
        { name: "prelude-not-asked-for", code: "app.listen(1);" },
      ],
      { prelude: false },
    );
    expect([...errors.keys()].sort()).toEqual(["prelude-not-asked-for", "unknown-entry", "unknown-method"]);
  });
});

describe("README's first program", () => {
  const program = readmes[0] as Program;

  it(`has at most ${MAX_PROGRAM_LINES} lines`, () => {
    expect(program.code.trim().split("\n").length).toBeLessThanOrEqual(MAX_PROGRAM_LINES);
  });

  it("runs, and sends events", async () => {
    // Preloaded, so that it listens on a free port and tells us which.
    const preload = join(ROOT, "scripts/checks/free-port.mjs");
    const child = fork(compiledReadmes.fileOf(program.name), {
      execArgv: ["--import", preload],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    let printed = "";
    for (const output of [child.stdout, child.stderr]) output?.on("data", (text) => (printed += text));
    try {
      const ended = once(child, "exit").then(() => Promise.reject(new Error(`It ended:\n${printed}`)));
      const [{ port }] = (await Promise.race([once(child, "message"), ended])) as [{ port: number }];
      await using stream = await Promise.race([openEventStream(`http://127.0.0.1:${port}/`), ended]);
      const event = await Promise.race([stream.next(), ended]);
      expect(event.lastEventId).toMatch(/^[0-9a-z]+-[1-9]\d*$/);
      expect(() => JSON.parse(event.data)).not.toThrow();
    } finally {
      child.kill("SIGKILL");
    }
  });
});

describe.each(DOCUMENTS)("%s", (path) => {
  it("has no link that leads nowhere", () => {
    expect(brokenLinks(path, readDocument(path))).toEqual([]);
  });

  it("names no script that there is not", () => {
    expect(unknownScripts(readDocument(path))).toEqual([]);
  });
});

describe("reading a text", () => {
  it("finds its blocks, with the lines of their code", () => {
    const text = "# A\n```ts\nlet a;\nlet b;\n```\n\n````md\n```ts\nno;\n```\n````\n```sh\nls\n```\n";
    expect(codeBlocks(text)).toEqual([
      { language: "ts", code: "let a;\nlet b;\n", line: 3 },
      { language: "md", code: "```ts\nno;\n```\n", line: 8 },
      { language: "sh", code: "ls\n", line: 13 },
    ]);
  });

  it("finds links, but not in code", () => {
    const text = "[a](b.md#c) ![d](e.png) `[f](g)`\n```md\n[h](i)\n```\n[j]: k.md\n";
    expect(linkTargets(text)).toEqual(["b.md#c", "e.png", "k.md"]);
  });

  it("knows the anchors of headings", () => {
    const text = "# The C# idea: `a` & b\n## Twice\n## Twice\n```sh\n# a remark\n```\n";
    expect(headingAnchors(text)).toEqual(["the-c-idea-a--b", "twice", "twice-1"]);
  });

  it("finds scripts in spans and blocks", () => {
    const text =
      "Run `npm run lint`, or npm run prose.\n```sh\nnpm ci && npm test -- a   # npm run no\nnpm run build -w sluice\n```";
    expect(namedScripts(text)).toEqual([
      { script: "test", workspace: undefined },
      { script: "no", workspace: undefined },
      { script: "build", workspace: "sluice" },
      { script: "lint", workspace: undefined },
    ]);
  });

  it("says what is wrong with a text", () => {
    expect(
      unknownScripts("`npm run build`, `npm run build -w sluice`, `npm run biuld`, `npm run lint -w sluice`"),
    ).toEqual(["npm run biuld", "npm run lint -w sluice"]);
    const links =
      "[a](https://a.example/b) [b](guide.md#event-replay) [c](#here) [d](nowhere.md) [e](guide.md#no) [f](#no)\n# Here\n";
    expect(brokenLinks("docs/x.md", links)).toEqual(["nowhere.md", "guide.md#no", "#no"]);
    expect(brokenLinks("README.md", "[a](../outside.md)")).toEqual(["../outside.md"]);
  });
});

/** The TypeScript blocks of a text, as programs; `where` is for the names of tests. */
function programsOf(path: string): (Program & { readonly where: string })[] {
  return codeBlocks(readDocument(path))
    .filter(({ language }) => language === "ts")
    .map(({ code, line }) => ({
      name: `${path.replace(/\.md$/, "").replaceAll("/", "-")}-${line}`,
      where: `${path}, line ${line},`,
      code,
    }));
}
