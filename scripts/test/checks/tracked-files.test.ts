import { describe, expect, it } from "vitest";
import { machineNames } from "../../checks/tracked-files.mjs";
import { ROOT } from "../../programs/programs.mjs";

// Joins the parts at run time, because the check would report a path that is written here in full.
const path = (...parts: string[]): string => ["", ...parts].join("/");

describe("the check of tracked files", () => {
  it.each([
    path("home", "ada", "sluice"),
    path("Users", "ada", "sluice"),
    path("root", ".npmrc"),
    ROOT,
    `https://${["registry", "npmjs", "org"].join(".")}/sluice`,
  ])("reports %s", (text) => {
    expect(machineNames(`first\nsee "${text}"`)).toEqual([expect.objectContaining({ line: 2 })]);
  });

  it.each(["/usr/bin/chromium", "./home/page", "docs/root/a", "GET /api/home/x", "the work/main idea"])(
    "does not report %s",
    (text) => expect(machineNames(text)).toEqual([]),
  );
});
