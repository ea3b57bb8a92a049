import { describe, expect, it } from "vitest";
import { queryParameter } from "../../../src/stream/opening/query-parameter.ts";

describe("queryParameter", () => {
  it.each([
    ["/a?b=1", "1"],
    ["/a?c=2&b=x%20y", "x y"],
    ["https://example.com/a?b=1#b=2", "1"],
    ["/a?b=1&b=2", "1"],
    ["/a", undefined],
    ["/b=1", undefined],
    ["/a?", undefined],
    ["/a?b=", undefined],
    ["/a?ab=1", undefined],
    ["/a?c=1#b=2", undefined],
  ])("finds b in %s: %s", (url, value) => {
    expect(queryParameter(url, "b")).toBe(value);
  });
});
