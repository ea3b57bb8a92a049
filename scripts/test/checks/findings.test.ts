import { describe, expect, it } from "vitest";
import { reportFindings } from "../../checks/findings.mjs";

const finding = { line: 3, message: "is wrong" };

describe("a report of findings", () => {
  it("accepts files without findings", () => {
    expect(() => reportFindings([{ path: "docs/a.md", findings: [] }])).not.toThrow();
  });

  it("lists the place of each finding, and ends with the number for each top folder", () => {
    const files = [
      { path: "docs/a.md", findings: [finding] },
      { path: "docs/b/c.md", findings: [finding, finding] },
      { path: "README.md", findings: [finding] },
      { path: "bench/run.mjs", findings: [] },
    ];
    expect(() => reportFindings(files)).toThrow(
      /^docs\/a\.md:3 is wrong\n[\s\S]*README\.md:3 is wrong\n4 findings: docs 3, top folder 1$/,
    );
  });
});
