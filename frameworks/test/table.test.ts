import { describe, expect, it } from "vitest";
import { readReadme } from "../../scripts/readme.mjs";
import { loadFixtures } from "../frame/fixtures.mjs";
import { staleness, withRows } from "../frame/table.mjs";
import { titleWithVersions } from "../frame/versions.mjs";
import { STEPS } from "../probe/steps.mjs";

const fixtures = await loadFixtures();
const results = fixtures.flatMap(({ name }) =>
  STEPS.map((step) => ({
    fixture: name,
    mode: "production",
    step: step.name,
    seconds: 1,
    reason: undefined,
    verdict: "ok" as const,
  })),
);
const current = withRows(readReadme(), fixtures, results);
const express = fixtures.find(({ name }) => name === "express")!;

describe("README's table of frameworks", () => {
  it("is up to date after it was written", () => {
    expect(staleness(current, fixtures)).toEqual([]);
  });

  it("is out of date if a version differs from the lockfile", () => {
    expect(titleWithVersions(express)).toMatch(/^Express \d+\.\d+\.\d+$/);
    const stale = current.replace(titleWithVersions(express), "Express 5.0.0");
    expect(staleness(stale, fixtures).join()).toContain(titleWithVersions(express));
  });

  it("is out of date if it misses a fixture, a step, or has a fixture too many", () => {
    const row = current.split("\n").find((line) => line.includes(titleWithVersions(express)))!;
    expect(staleness(current.replace(`${row}\n`, ""), fixtures)).not.toEqual([]);
    expect(staleness(current.replace(`${row}\n`, `${row}\n${row}\n`), fixtures)).not.toEqual([]);
    expect(staleness(current.replace("| gap ", "| gaps "), fixtures)).not.toEqual([]);
  });

  it("shows a step as passed only if it passed in each mode", () => {
    const failed = {
      fixture: "express",
      mode: "development",
      step: "gap",
      seconds: 1,
      reason: "no",
      verdict: "FAILED" as const,
    };
    const row = (readme: string) => readme.split("\n").find((line) => line.includes(titleWithVersions(express)));
    expect(row(current)).not.toContain("✗");
    expect(row(withRows(current, fixtures, [...results, failed]))?.match(/✗/g)).toHaveLength(1);
  });

  it("keeps the rows of fixtures that did not run", () => {
    const some = results.filter(({ fixture }) => fixture === "express");
    expect(withRows(current, fixtures, some)).toBe(current);
  });
});
