import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readEventStream } from "../../src/testing/read-event-stream.ts";
import { type Compiled, compile, type Program } from "./support/compile.ts";
import { DOCUMENTS, hasFileOfProject, programsOf, ROOT, readDocument } from "./support/documents.ts";
import { indentedFences } from "./support/markdown.ts";

const MAX_PROGRAM_LINES = 10;

/** Documents whose programs must be complete. The programs of docs/ may use the names that the guide introduces. */
const READMES = ["README.md", "packages/sluice/README.md"];
const WITH_PROGRAMS = ["guide", "client", "combine", "event-stream", "production", "aspnet", "logs", "errors"].map(
  (name) => `docs/${name}.md`,
);

const readmes = READMES.flatMap(programsOf);
const pages = DOCUMENTS.filter((path) => path.startsWith("docs/")).flatMap(programsOf);
let compiledReadmes: Compiled;
let compiledPages: Compiled;

beforeAll(() => {
  if (!existsSync(join(ROOT, "packages/sluice/dist/index.d.ts")))
    throw new Error("These tests need the built package. Run `npm run build -w sluice`.");
  compiledReadmes = compile("readmes", readmes, { prelude: false });
  compiledPages = compile("docs", pages, { prelude: true });
});

describe("a TypeScript block", () => {
  const frameworks = DOCUMENTS.filter((path) => /^docs\/frameworks\/(?!README)/.test(path));

  it.each([...READMES, ...WITH_PROGRAMS])("of %s is among the compiled ones", (path) => {
    const { length } = programsOf(path);
    expect(length).toBeGreaterThan(0);
    expect([...readmes, ...pages].filter(({ where }) => where.startsWith(`${path},`))).toHaveLength(length);
  });

  it.each(frameworks)("of %s is compiled here, or a file that npm run test:frameworks compiles", (path) => {
    expect(programsOf(path).length > 0 || hasFileOfProject(path)).toBe(true);
  });

  it.each(DOCUMENTS)("of %s begins at the margin, so that it is found", (path) => {
    expect(indentedFences(readDocument(path))).toEqual([]);
  });

  it.each(readmes)("of $where is complete and compiles", ({ name }) => {
    expect(compiledReadmes.errors.get(name)).toBeUndefined();
  });

  it.each(pages)("of $where compiles", ({ name }) => {
    expect(compiledPages.errors.get(name)).toBeUndefined();
  });

  it("with a mistake does not compile", () => {
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

  it("runs and sends events", async () => {
    // The preload makes the program listen on a free port and report it.
    const preload = join(ROOT, "scripts/checks/free-port.mjs");
    const child = fork(compiledReadmes.fileOf(program.name), {
      execArgv: ["--import", preload],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    let printed = "";
    for (const output of [child.stdout, child.stderr]) output?.on("data", (text) => (printed += text));
    try {
      const ended = once(child, "exit").then(() => Promise.reject(new Error(`The program ended:\n${printed}`)));
      const [{ port }] = (await Promise.race([once(child, "message"), ended])) as [{ port: number }];
      await using stream = await Promise.race([readEventStream(`http://127.0.0.1:${port}/`), ended]);
      const event = await Promise.race([stream.next(), ended]);
      expect(event.lastEventId).toMatch(/^[0-9a-z]+-[1-9]\d*$/);
      expect(() => JSON.parse(event.data)).not.toThrow();
    } finally {
      child.kill("SIGKILL");
    }
  });
});
