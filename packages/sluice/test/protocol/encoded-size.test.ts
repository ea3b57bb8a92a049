import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteLength, toBytes } from "../../src/protocol/bytes.ts";
import { encodeEvent } from "../../src/protocol/encode-event.ts";
import { encodedSize } from "../../src/protocol/encoded-size.ts";

/** Texts of everything that a size depends on: line ends, several bytes per character, lone surrogates. */
const text = fc
  .array(fc.constantFrom("a", "é", "字", "😀", "\ud800", "\r", "\n", "\r\n", " ", ":"))
  .map((parts) => parts.join(""));
const field = fc.array(fc.constantFrom("a", "é", "字", "😀", " ", ":")).map((parts) => parts.join(""));
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

describe("the size of an encoded event", () => {
  it("is the number of bytes that encodeEvent makes", () => {
    const retry = optional(fc.nat(100_000));
    fc.assert(
      fc.property(text, optional(field), optional(field), retry, (data, event, id, milliseconds) => {
        const fields = { data, event, id, retry: milliseconds };
        expect(encodedSize(fields)).toBe(toBytes(encodeEvent(fields)).length);
      }),
    );
  });

  it("takes time in proportion to the data, also for a megabyte of line ends", () => {
    for (const end of ["\n", "\r", "\r\n"]) {
      const data = end.repeat(1_000_000);
      expect(encodedSize({ data })).toBe(1_000_001 * "data: \n".length + 1);
    }
  });
});

describe("the byte length of a text", () => {
  it("is the number of its UTF-8 bytes", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(byteLength(value)).toBe(toBytes(value).length);
      }),
    );
  });
});
