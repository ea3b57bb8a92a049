import { describe, expect, it } from "vitest";
import { longLines } from "../../checks/line-lengths.mjs";

describe("the check of line lengths", () => {
  it("accepts a line of 120 characters, and names the line and length of a longer one", () => {
    expect(longLines(`${"a".repeat(120)}\n\n${"a".repeat(121)}\n`)).toEqual([
      { line: 3, message: "has 121 characters" },
    ]);
  });

  it("counts characters, not bytes", () => {
    expect(longLines("→".repeat(120))).toEqual([]);
    expect(longLines("😀".repeat(120))).toEqual([]);
  });
});
