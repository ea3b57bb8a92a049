import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { splitComment } from "../../../../scripts/options/interfaces.mjs";
import { optionsPage, optionsWithoutDefault, SECTIONS } from "../../../../scripts/options/page.mjs";
import { ROOT, readDocument } from "./support/documents.ts";

/** Exported names that end in "Options", and are no options of a function that the page could show. */
const NOT_ON_THE_PAGE: Readonly<Record<string, string>> = {
  EventStreamOptions: "StreamOptions, or a function that returns them",
  OpenOptions: "an argument that Sluice passes to a log",
  SelectionOptions: "a part of SubscribeOptions and HistoryOptions",
  SluiceModuleAsyncOptions: "a NestJS provider of DrainingAdapterOptions",
};

describe("docs/options.md", () => {
  it("is the output of `npm run docs:options`", () => {
    expect(readDocument("docs/options.md")).toBe(optionsPage());
  });

  it("states for each option a default, or that it is required", () => {
    expect(optionsWithoutDefault()).toEqual([]);
  });

  it("has the options that the package's entries export", () => {
    const shown = SECTIONS.flatMap(({ options }) => options ?? []);
    const exported = [...new Set(entries().flatMap(exportedOptions))];
    expect(exported).toContain("SluiceOptions");
    expect(exported.filter((name) => !shown.includes(name) && !(name in NOT_ON_THE_PAGE))).toEqual([]);
  });
});

describe("a doc comment", () => {
  it.each([
    ["Time, in ms. Default: 1,000. At most 2,000.", "Time, in ms. At most 2,000.", "1,000"],
    ["A type. Default: `message`.", "A type.", "`message`"],
    ["Default: none. A type.", "A type.", "none"],
    [
      "Which Bun.serve closes. Default: 8, since Bun.serve closes.",
      "Which Bun.serve closes.",
      "8, since Bun.serve closes",
    ],
    ["A path. Required.", "A path.", "required"],
    [
      "A URL. Required unless `client` is given. Never shown.",
      "A URL. Never shown.",
      "required unless `client` is given",
    ],
    ["No statement.", "No statement.", undefined],
  ])("%j is split into its meaning and its default", (comment, meaning, stated) => {
    expect(splitComment(comment)).toEqual({ meaning, default: stated });
  });
});

/** The sources of the package's entries. */
function entries(): string[] {
  const { exports } = JSON.parse(readDocument("packages/sluice/package.json")) as { exports: object };
  return Object.values(exports).flatMap((target: string | { default: string }) =>
    typeof target === "string" ? [] : [target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts")],
  );
}

/** The names ending in "Options" that a module exports, as they are called where they are declared. */
function exportedOptions(file: string): string[] {
  const source = readFileSync(join(ROOT, "packages/sluice", file), "utf8");
  const lists = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gms)].flatMap(({ 1: list = "" }) => list.split(","));
  const declared = [...source.matchAll(/^export (?:interface|type) (\w+)/gm)].map((match) => match[1] as string);
  const names = lists.map((item) =>
    item
      .trim()
      .replace(/^type /, "")
      .replace(/ as \w+$/, ""),
  );
  return [...names, ...declared].filter((name) => name.endsWith("Options"));
}
