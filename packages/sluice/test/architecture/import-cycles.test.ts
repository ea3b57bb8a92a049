import { describe, expect, it } from "vitest";
import { INHERENT_CYCLES, importCycles, outdatedCycles, unlistedCycles } from "./support/import-cycles.ts";
import { readSources } from "./support/sources.ts";

describe("the modules of src", () => {
  const sources = readSources();

  it("import each other in a cycle only where the list of inherent cycles names it", () => {
    expect(Object.keys(sources)).toContain("protocol/index.ts");
    expect(unlistedCycles(sources)).toEqual([]);
  });

  it("still have every cycle of the list", () => {
    expect(outdatedCycles(sources)).toEqual([]);
  });

  it("have a reason for every cycle of the list", () => {
    expect(INHERENT_CYCLES.filter(({ reason }) => !/^[A-Z].{20,}\.$/.test(reason))).toEqual([]);
  });
});

describe("the check of import cycles", () => {
  const chain = { "a.ts": `import { b } from "./b.ts";`, "b.ts": `import { c } from "./c.ts";`, "c.ts": "" };

  it("accepts modules that import each other in one direction", () => {
    expect(importCycles({ ...chain, "d.ts": `import { b } from "./b.ts";\nimport { c } from "./c.ts";` })).toEqual([]);
  });

  it.each([
    ["a value import", `import { a } from "./a.ts";`],
    ["a type-only import", `import type { A } from "./a.ts";`],
    ["a re-export", `export { a } from "./a.ts";`],
    ["a dynamic import", `const a = () => import("./a.ts");`],
    ["an import type", `let a: import("./a.ts").A;`],
  ])("finds a cycle that %s closes", (_, source) => {
    expect(importCycles({ ...chain, "c.ts": source })).toEqual([["a.ts", "b.ts", "c.ts"]]);
  });

  it("finds a cycle across folders", () => {
    const sources = { "channel/a.ts": `import "../jobs/b.ts";`, "jobs/b.ts": `import "../channel/a.ts";` };
    expect(importCycles(sources)).toEqual([["channel/a.ts", "jobs/b.ts"]]);
  });

  it("finds a module that imports itself", () => {
    expect(importCycles({ "a.ts": `import { a } from "./a.ts";` })).toEqual([["a.ts"]]);
  });

  it("finds two cycles as two, without the modules between them", () => {
    const sources = {
      "a.ts": `import "./b.ts";`,
      "b.ts": `import "./a.ts";\nimport "./between.ts";`,
      "between.ts": `import "./c.ts";`,
      "c.ts": `import "./d.ts";`,
      "d.ts": `import "./c.ts";`,
    };
    expect(importCycles(sources)).toEqual([
      ["a.ts", "b.ts"],
      ["c.ts", "d.ts"],
    ]);
  });

  it("names the shortest path of a cycle and all of its files", () => {
    const sources = { ...chain, "c.ts": `import "./b.ts";\nimport "./a.ts";` };
    expect(unlistedCycles(sources, [])).toEqual(["b.ts → c.ts → b.ts (files of this cycle: a.ts, b.ts, c.ts)"]);
  });

  const listed = [{ files: ["b.ts", "a.ts"], reason: "Each is half of the other." }];
  const pair = { "a.ts": `import "./b.ts";`, "b.ts": `import "./a.ts";` };

  it("accepts a cycle that is listed, in any order of its files", () => {
    expect(unlistedCycles(pair, listed)).toEqual([]);
    expect(outdatedCycles(pair, listed)).toEqual([]);
  });

  it("reports a listed cycle that has gained a file", () => {
    const sources = { ...pair, "b.ts": `import "./c.ts";`, "c.ts": `import "./a.ts";` };
    expect(unlistedCycles(sources, listed)).toHaveLength(1);
    expect(outdatedCycles(sources, listed)).toEqual(["a.ts, b.ts"]);
  });

  it("reports a listed cycle that no longer exists", () => {
    expect(outdatedCycles({ ...pair, "b.ts": "" }, listed)).toEqual(["a.ts, b.ts"]);
  });
});
