import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { importsOf, reachable } from "../imports.mjs";

describe("the imports of a module", () => {
  it.each([
    ['import { a } from "m";', "value"],
    ['import { type A } from "m";', "value"], // verbatimModuleSyntax keeps `import {} from "m"`
    ['import type { A } from "m";', "type"],
    ['import "m";', "value"],
    ['export { a } from "m";', "value"],
    ['export * from "m";', "value"],
    ['export type { A } from "m";', "type"],
    ['const a: number = (await import("m")).a;', "dynamic"],
    ['let a: import("m").A;', "type"],
  ])("include the module of %s, as a %s import", (source, kind) => {
    expect(importsOf(source, "a.ts")).toEqual([{ specifier: "m", kind }]);
  });

  it("leave out strings and comments", () => {
    expect(importsOf(`const a = 'import "m"'; // import "m"`, "a.ts")).toEqual([]);
  });

  it("cannot be read from a file that is not a module: the error names the file", () => {
    expect(() => importsOf("import {", "a.ts")).toThrow("a.ts");
  });
});

describe("the modules that a module reaches", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sluice-imports-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are every file and package that it loads, without modules that only types name", () => {
    writeFileSync(join(folder, "a.ts"), 'import "./b.ts"; import type { S } from "node:net";');
    writeFileSync(join(folder, "b.ts"), 'import "./a.ts"; export const fs = () => import("node:fs"); import "jose";');
    const { files, externals } = reachable(join(folder, "a.ts"));
    expect(files).toEqual([join(folder, "a.ts"), join(folder, "b.ts")]);
    expect(externals).toEqual([
      { specifier: "node:fs", importer: join(folder, "b.ts"), kind: "dynamic" },
      { specifier: "jose", importer: join(folder, "b.ts"), kind: "value" },
    ]);
  });
});
