import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { reachable } from "../../../../scripts/imports.mjs";
import { forbiddenImports, indexesThatDoMore, LAYERS } from "./support/layers.ts";
import { readSources, SRC } from "./support/sources.ts";

const sources = readSources();

describe("the modules of src", () => {
  it("import only in the directions that the table of layers allows", () => {
    expect(Object.keys(sources)).toContain("protocol/index.ts");
    expect(forbiddenImports(sources)).toEqual([]);
  });

  it("have index files that only re-export, by name", () => {
    expect(indexesThatDoMore(sources)).toEqual([]);
  });

  it("lie in a folder that the table of layers has", () => {
    const folders = new Set(Object.keys(sources).flatMap((path) => (path.includes("/") ? [path.split("/")[0]] : [])));
    expect(LAYERS.map(({ folder }) => folder)).toEqual(expect.arrayContaining([...folders]));
  });
});

describe("the packages that src may import", () => {
  it("are optional peer dependencies, so that whoever has them gets the same copy", () => {
    const manifest = JSON.parse(readFileSync(join(SRC, "../package.json"), "utf8"));
    // Rows of folders that are still to come count when they are there.
    const packages = LAYERS.filter(({ folder }) => existsSync(join(SRC, folder))).flatMap(
      ({ packages = [] }) => packages,
    );
    expect(packages.filter((name) => !manifest.peerDependencies[name])).toEqual([]);
    expect(packages.filter((name) => !manifest.peerDependenciesMeta[name]?.optional)).toEqual([]);
  });
});

describe("the public entry", () => {
  it("loads nothing but files of src: no module of Node's, no package", () => {
    expect(existsSync(join(SRC, "index.ts"))).toBe(true);
    const { files, externals } = reachable(join(SRC, "index.ts"));
    expect(externals).toEqual([]);
    expect(files.map((file) => relative(SRC, file)).filter((path) => path.startsWith(".."))).toEqual([]);
  });
});

describe("the check of import directions", () => {
  it.each([
    ["protocol/a.ts", `import { b } from "./b.ts";`],
    ["protocol/a.ts", `import { b } from "../base/b.ts";`],
    ["channel/a.ts", `import type { Log } from "../logs/log.ts";`],
    ["jobs/a.ts", `import { b } from "../channel/b.ts";`],
    ["adapters/koa.ts", `import { b } from "../index.ts";`],
    ["adapters/koa.ts", `import type { Context } from "koa";`],
    ["transports/a.ts", `import type { Socket } from "node:net";`],
    ["sluice.ts", `import { b } from "./transports/b.ts";`],
  ])("lets %s have %s", (from, source) => {
    expect(forbiddenImports({ [from]: source })).toEqual([]);
  });

  it.each([
    ["base/a.ts", `import { b } from "../protocol/b.ts";`, "base imports nothing else"],
    ["protocol/a.ts", `import { b } from "../stream/b.ts";`, "protocol imports base only"],
    ["protocol/a.ts", `import type { B } from "../stream/b.ts";`, "protocol imports base only"],
    ["protocol/a.ts", `export { b } from "../logs/log.ts";`, "protocol imports base only"],
    ["protocol/a.ts", `import { b } from "./index.ts";`, "no folder is imported through its own index"],
    ["logs/memory/a.ts", `import { b } from "../../channel/b.ts";`, "logs imports base, protocol only"],
    [
      "channel/a.ts",
      `import { m } from "../logs/memory/memory-log.ts";`,
      "channel imports base, protocol, stream, logs/log.ts only",
    ],
    ["stream/a.ts", `const b = import("../channel/b.ts");`, "stream imports base, protocol only"],
    ["stream/a.ts", `let b: import("../channel/b.ts").B;`, "stream imports base, protocol only"],
    ["transports/a.ts", `import { b } from "../channel/b.ts";`, "transports imports base, protocol, stream only"],
    ["adapters/koa.ts", `import { b } from "../sluice.ts";`, "adapters imports index.ts only"],
    ["client/a.ts", `import { b } from "../stream/b.ts";`, "client imports base, protocol only"],
    ["channel/a.ts", `import type { S } from "zod";`, "it uses no packages"],
    ["sluice.ts", `import { b } from "ws";`, "it uses no packages"],
    ["auth/a.ts", `import { b } from "joseph";`, "it uses jose only"],
    ["transports/a.ts", `import { type Socket } from "node:net";`, "src loads no module of Node's"],
    ["elsewhere/a.ts", `import { b } from "../protocol/b.ts";`, "elsewhere is not in the table of layers"],
    ["stream/a.ts", `import { b } from "../../test/b.ts";`, "it is outside src"],
  ])("forbids %s to have %s, because %s", (from, source, why) => {
    const said = forbiddenImports({ [from]: source });
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`${from} → `);
    expect(said[0]).toContain(`: ${why}`);
  });

  it.each([
    [`export { a, type B } from "./a.ts";\nexport type { C } from "./c.ts";`, []],
    [`export * from "./a.ts";`, ["stream/index.ts"]],
    [`import { a } from "./a.ts";\nexport { a };`, ["stream/index.ts"]],
    [`export { a } from "./a.ts";\nexport const b = 1;`, ["stream/index.ts"]],
  ])("of index files finds in %j the ones that do more: %j", (source, named) => {
    expect(indexesThatDoMore({ "stream/index.ts": source })).toEqual(named);
  });
});
