import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  brokenLinks,
  DOCUMENTS,
  linksOutOfPackage,
  ROOT,
  readDocument,
  unknownPaths,
  unknownScripts,
  unknownSources,
} from "./support/documents.ts";
import { headings, linkTargets } from "./support/markdown.ts";

describe.each(DOCUMENTS)("%s", (path) => {
  it("has no link that leads nowhere", () => {
    expect(brokenLinks(path, readDocument(path))).toEqual([]);
  });

  it("names no path that does not exist", () => {
    expect(unknownPaths(readDocument(path))).toEqual([]);
  });

  it("names no script that does not exist", () => {
    expect(unknownScripts(readDocument(path))).toEqual([]);
  });
});

describe.each(DOCUMENTS.filter((path) => path.startsWith("docs/")))("%s", (path) => {
  it("names no source that does not exist", () => {
    expect(unknownSources(readDocument(path))).toEqual([]);
  });
});

describe("the documents", () => {
  it("include those in folders", () => {
    for (const path of ["docs/frameworks/express.md", "docs/decisions/README.md", "examples/desk/README.md"])
      expect(DOCUMENTS).toContain(path);
  });

  it.each(["docs/frameworks", "docs/proxies", "docs/decisions"])("in %s are all linked from its README", (folder) => {
    const pages = DOCUMENTS.filter((path) => path.startsWith(`${folder}/`) && !path.endsWith("/README.md"));
    const linked = linkTargets(readDocument(`${folder}/README.md`));
    expect(pages.filter((path) => !linked.includes(path.slice(folder.length + 1)))).toEqual([]);
  });

  it("in docs/ are all linked from README or the guide", () => {
    const linked = [...linkTargets(readDocument("README.md")), ...linkTargets(readDocument("docs/guide.md"))];
    const pages = DOCUMENTS.filter((path) => /^docs\/[\w-]+\.md$/.test(path) && path !== "docs/guide.md");
    const isLinked = (path: string) => linked.includes(path) || linked.includes(path.slice("docs/".length));
    expect(pages.filter((path) => !isLinked(path))).toEqual([]);
  });
});

describe("the guide", () => {
  const guide = readDocument("docs/guide.md");

  it("begins with the tasks of a first day", () => {
    const first = ["Install", "Stream something", "A channel", "Only mine", "Progress", "Dashboards"];
    expect(headings(guide, 2).slice(0, first.length)).toEqual(first);
  });

  it("has no C#, which is in docs/aspnet.md", () => {
    const csharp = /C#|csharp|SignalR|Kestrel/;
    expect(guide).not.toMatch(csharp);
    expect(readDocument("docs/aspnet.md")).toMatch(csharp);
  });
});

describe("the package's README", () => {
  const { files } = JSON.parse(readDocument("packages/sluice/package.json")) as { files: string[] };

  it("links only within the package or to a standard", () => {
    expect(linksOutOfPackage(readDocument("packages/sluice/README.md"), files)).toEqual([]);
  });

  it("goes with every file that is not built", () => {
    const unbuilt = files.filter((name) => name !== "dist");
    expect(unbuilt.filter((name) => !existsSync(join(ROOT, "packages/sluice", name)))).toEqual([]);
  });
});

describe("checking a document", () => {
  it("finds scripts that do not exist", () => {
    expect(
      unknownScripts("`npm run build`, `npm run build -w sluice`, `npm run biuld`, `npm run lint -w sluice`"),
    ).toEqual(["npm run biuld", "npm run lint -w sluice"]);
  });

  it("finds links that lead nowhere", () => {
    const links =
      "[a](https://a.example/b) [b](guide.md#a-channel) [c](#here) [d](nowhere.md) [e](guide.md#no) [f](#no)\n# Here\n";
    expect(brokenLinks("docs/x.md", links)).toEqual(["nowhere.md", "guide.md#no", "#no"]);
    expect(brokenLinks("README.md", "[a](../outside.md)")).toEqual(["../outside.md"]);
  });

  it("finds names of sources that do not exist", () => {
    const text = "`channel/channel.ts`, `channel.ts`, `chanel.ts`, `nel.ts`, `stream/channel.ts`, `a.b`";
    expect(unknownSources(text)).toEqual(["chanel.ts", "nel.ts", "stream/channel.ts"]);
  });

  it("finds paths that do not exist", () => {
    const text =
      "`packages/sluice/src`, `packages/sluice/srcs`, scripts/no\n```sh\nls scripts/check.mjs scripts/chek.mjs\n```\n";
    expect(unknownPaths(text)).toEqual(["scripts/chek.mjs", "packages/sluice/srcs"]);
  });

  it("finds links out of the package", () => {
    const links =
      "[a](CHANGELOG.md) [b](src/index.ts#L1) [c](#here) [d](https://html.spec.whatwg.org/multipage/#x) " +
      "[e](../../README.md) [f](test/a.ts) [g](https://a.example/b) [h](srcs/a.ts) [i](src/../test/a.ts)";
    const published = ["dist", "src", "CHANGELOG.md"];
    const out = ["../../README.md", "test/a.ts", "https://a.example/b", "srcs/a.ts", "src/../test/a.ts"];
    expect(linksOutOfPackage(links, published)).toEqual(out);
  });
});
