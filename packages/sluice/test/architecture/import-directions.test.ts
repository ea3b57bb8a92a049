import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { reachable } from "../../../../scripts/imports.mjs";
import { foldersOf, forbiddenImports, indexesThatDoMore, LAYERS } from "./support/layers.ts";
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

  it("lie in folders and rooms that the table of layers has", () => {
    const folders = new Set(Object.keys(sources).flatMap(foldersOf));
    expect([...folders].filter((folder) => !LAYERS.some((layer) => layer.folder === folder))).toEqual([]);
  });
});

describe("the table of layers", () => {
  it("names only files that exist", () => {
    const files = LAYERS.flatMap(({ imports }) => imports).filter((name) => name.endsWith(".ts"));
    expect(files.filter((name) => !(name in sources))).toEqual([]);
  });

  it("names a folder once, and after the folder around it", () => {
    const folders = LAYERS.map(({ folder }) => folder);
    expect(folders).toEqual([...new Set(folders)]);
    for (const [index, folder] of folders.entries())
      expect([...folders.slice(0, index), ""]).toContain(folder.split("/").slice(0, -1).join("/"));
  });
});

describe("the packages that src may import", () => {
  it("are optional peer dependencies, so that the user's program and src load the same copy", () => {
    const manifest = JSON.parse(readFileSync(join(SRC, "../package.json"), "utf8"));
    // A row may stand for a folder that does not exist yet. Its packages count from then on.
    const packages = LAYERS.filter(({ folder }) => existsSync(join(SRC, folder))).flatMap(
      ({ packages = [] }) => packages,
    );
    expect(packages.filter((name) => !manifest.peerDependencies[name])).toEqual([]);
    expect(packages.filter((name) => !manifest.peerDependenciesMeta[name]?.optional)).toEqual([]);
  });
});

describe("the public entry", () => {
  it("loads only files of src: no module of Node's, no package", () => {
    expect(existsSync(join(SRC, "index.ts"))).toBe(true);
    const { files, externals } = reachable(join(SRC, "index.ts"));
    expect(externals).toEqual([]);
    expect(files.map((file) => relative(SRC, file)).filter((path) => path.startsWith(".."))).toEqual([]);
  });
});

describe("the entries for browsers", () => {
  it.each(["client", "react", "fetch-event-source"])("%s reach no folder of the server", (entry) => {
    const folders = reachable(join(SRC, entry, "index.ts")).files.map((file) => relative(SRC, file).split("/")[0]);
    const own = ["base", "protocol", "client", "react", "fetch-event-source"];
    expect(folders.filter((folder) => !own.includes(folder ?? ""))).toEqual([]);
  });
});

describe("the check of import directions", () => {
  it.each([
    ["protocol/a.ts", `import { b } from "./b.ts";`],
    ["protocol/a.ts", `import { b } from "../base/b.ts";`],
    ["channel/a.ts", `import type { Log } from "../logs/log.ts";`],
    ["channel/read/a.ts", `import type { Log } from "../../logs/log.ts";`],
    ["jobs/a.ts", `import { b } from "../channel/b.ts";`],
    ["jobs/a.ts", `import { b } from "../channel/event/b.ts";`],
    ["stream/a.ts", `import { b } from "./body/b.ts";`],
    ["stream/body/a.ts", `import { b } from "./b.ts";`],
    ["stream/body/a.ts", `import { b } from "../../base/b.ts";`],
    ["stream/source/a.ts", `import { b } from "../body/b.ts";`],
    ["stream/source/a.ts", `import { b } from "../feed.ts";`],
    ["logs/redis/a.ts", `import type { Client } from "redis";`],
    ["adapters/koa.ts", `import { b } from "../index.ts";`],
    ["adapters/koa.ts", `import type { Context } from "koa";`],
    ["transports/a.ts", `import type { Socket } from "node:net";`],
    ["sluice.ts", `import { b } from "./transports/b.ts";`],
    ["sluice.ts", `import { b } from "./transports/node/b.ts";`],
  ])("allows %s to have %s", (from, source) => {
    expect(forbiddenImports({ [from]: source })).toEqual([]);
  });

  it.each([
    ["base/a.ts", `import { b } from "../protocol/b.ts";`, "base imports nothing else"],
    ["protocol/a.ts", `import { b } from "../stream/b.ts";`, "protocol imports base only"],
    ["protocol/a.ts", `import type { B } from "../stream/b.ts";`, "protocol imports base only"],
    ["protocol/a.ts", `export { b } from "../logs/log.ts";`, "protocol imports base only"],
    ["protocol/a.ts", `import { b } from "./index.ts";`, "no folder is imported through its own index"],
    ["stream/body/a.ts", `import { b } from "../index.ts";`, "no folder is imported through its own index"],
    ["logs/memory/a.ts", `import { b } from "../../channel/b.ts";`, "logs imports base, protocol only"],
    ["logs/memory/a.ts", `import { b } from "../redis/b.ts";`, "within logs, logs/memory imports logs/log.ts, "],
    ["logs/shared/a.ts", `import { b } from "../lmdb/b.ts";`, "within logs, logs/shared imports logs/log.ts only"],
    [
      "channel/a.ts",
      `import { m } from "../logs/memory/memory-log.ts";`,
      "channel imports base, protocol, stream, logs/log.ts only",
    ],
    ["stream/a.ts", `const b = import("../channel/b.ts");`, "stream imports base, protocol only"],
    ["stream/a.ts", `let b: import("../channel/b.ts").B;`, "stream imports base, protocol only"],
    ["stream/body/a.ts", `import { b } from "../../channel/b.ts";`, "stream imports base, protocol only"],
    ["stream/body/a.ts", `import { b } from "../source/b.ts";`, "within stream, stream/body imports nothing else"],
    ["stream/body/a.ts", `import type { B } from "../b.ts";`, "within stream, stream/body imports nothing else"],
    [
      "stream/source/a.ts",
      `import { b } from "../stream-hub.ts";`,
      "within stream, stream/source imports stream/body, ",
    ],
    ["channel/event/a.ts", `import { b } from "../read/b.ts";`, "within channel, channel/event imports nothing else"],
    [
      "channel/read/a.ts",
      `import { b } from "../deliver/b.ts";`,
      "within channel, channel/read imports channel/event only",
    ],
    ["stream/rooms/a.ts", `import { b } from "../body/b.ts";`, "stream/rooms is not in the table of layers"],
    ["transports/a.ts", `import { b } from "../channel/b.ts";`, "transports imports base, protocol, stream only"],
    [
      "transports/node/a.ts",
      `import { b } from "../fetch/b.ts";`,
      "within transports, transports/node imports nothing",
    ],
    [
      "adapters/koa.ts",
      `import { b } from "../sluice.ts";`,
      "adapters imports index.ts, stream/ending/drain-options.ts, stream/source/discard.ts, " +
        "stream/answer/http-answer.ts, stream/answer/http-error.ts, stream/opening/framework.ts, " +
        "stream/opening/response-head.ts, transports/node/connections/server-connections.ts only",
    ],
    ["client/a.ts", `import { b } from "../stream/b.ts";`, "client imports base, protocol only"],
    ["channel/a.ts", `import type { S } from "zod";`, "it uses no packages"],
    ["sluice.ts", `import { b } from "ws";`, "it uses no packages"],
    ["auth/a.ts", `import { b } from "joseph";`, "it uses jose only"],
    ["logs/shared/a.ts", `import { b } from "redis";`, "it uses no packages"],
    ["logs/lmdb/a.ts", `import { b } from "redis";`, "it uses lmdb only"],
    ["transports/a.ts", `import { type Socket } from "node:net";`, "src loads no module of Node's"],
    ["elsewhere/a.ts", `import { b } from "../protocol/b.ts";`, "elsewhere is not in the table of layers"],
    ["stream/a.ts", `import { b } from "../../test/b.ts";`, "it is outside src"],
  ])("forbids %s to have %s, because %s", (from, source, why) => {
    const found = forbiddenImports({ [from]: source });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${from} → `);
    expect(found[0]).toContain(`: ${why}`);
  });

  it.each([
    [`export { a, type B } from "./a.ts";\nexport type { C } from "./c.ts";`, []],
    [`export * from "./a.ts";`, ["stream/index.ts"]],
    [`import { a } from "./a.ts";\nexport { a };`, ["stream/index.ts"]],
    [`export { a } from "./a.ts";\nexport const b = 1;`, ["stream/index.ts"]],
  ])("given an index file with %j, reports %j as doing more than re-export", (source, names) => {
    expect(indexesThatDoMore({ "stream/index.ts": source })).toEqual(names);
  });
});
