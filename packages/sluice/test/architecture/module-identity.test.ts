import { describe, expect, it } from "vitest";
import { readSources } from "./support/sources.ts";

/** Classes whose objects never come from another copy of the package. */
const ALLOWED = [
  "Promise",
  "Set",
  "Uint8Array",
  "URL",
  "Error",
  "Headers",
  "BrokenLink",
  "ChannelDeleted",
  "ReplacedStream",
];

describe("the modules of src", () => {
  const sources = readSources();

  it("use instanceof only with classes whose objects never come from another copy of the package", () => {
    const found = Object.entries(sources).flatMap(([file, text]) =>
      [...text.matchAll(/ instanceof (\w+)/g)].map(([, name]) => ({ file, name: name as string })),
    );
    expect(found.map(({ name }) => name)).toContain("Promise");
    expect(found.filter(({ name }) => !ALLOWED.includes(name))).toEqual([]);
  });
});
