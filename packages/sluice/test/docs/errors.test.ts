import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AuthError } from "../../src/auth/auth-error.ts";
import { ROOT, readDocument } from "./support/documents.ts";
import { firstColumn } from "./support/markdown.ts";

const SOURCES = join(ROOT, "packages/sluice/src");
const page = readDocument("docs/errors.md");

describe("docs/errors.md", () => {
  it("has every code of SluiceErrorCode, and no other", () => {
    const source = readFileSync(join(SOURCES, "base/errors/sluice-error.ts"), "utf8");
    const union = /type SluiceErrorCode =(.*?);\n/s.exec(source)?.[1] ?? "";
    const codes = [...union.matchAll(/\| "([A-Z_]+)"/g)].map((match) => match[1] as string);
    expect(codes).toContain("INVALID_OPTION");
    expect(firstColumn(page, "Codes").sort()).toEqual(codes.sort());
  });

  it("has the message and the challenge of every kind of AuthError", () => {
    const errors = (["missing", "invalid"] as const).map((kind) => new AuthError(kind));
    expect(firstColumn(page, "Authentication").sort()).toEqual(errors.map(({ message }) => message).sort());
    for (const { challenge } of errors) expect(page).toContain(`\`${challenge}\``);
  });

  it("has every stage that the sources report to onError, and no other", () => {
    const sources = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(SOURCES, name), "utf8"));
    // A stage is a property of the context, or the second argument of a function that makes one.
    const named = [/\bstage: "([a-z-]+)"/g, /\(error, "([a-z-]+)"\)/g];
    const stages = sources.flatMap((source) =>
      named.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1] as string)),
    );
    expect(firstColumn(page, "Stages of `onError`").sort()).toEqual([...new Set(stages)].sort());
  });
});
