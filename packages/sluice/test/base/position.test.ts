import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPosition, parsePosition } from "../../src/base/position.ts";

describe("a position", () => {
  it("is parsed as it was formatted", () => {
    const epoch = fc.stringMatching(/^[0-9a-z]{1,32}$/);
    fc.assert(
      fc.property(epoch, fc.maxSafeNat(), (name, offset) => {
        const parsed = parsePosition(formatPosition({ epoch: name, offset }));
        expect(parsed).toEqual(offset < 1e16 ? { epoch: name, offset } : undefined);
      }),
    );
  });

  it.each([
    "",
    "abc",
    "abc-",
    "-1",
    "abc--1",
    "abc-1.5",
    "abc-01",
    "ABC-1",
    "abc-1 ",
    "abc-1e3",
    "abc-99999999999999999",
    "a-b-1",
    `${"x".repeat(600)}-1`,
  ])("is not the text %j", (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });
});
