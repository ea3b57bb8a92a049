import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatPart,
  idAround,
  MAX_COMBINED_ID_LENGTH,
  parseCombinedId,
  positionBefore,
} from "../../../src/channel/combine/combined-id.ts";
import { makeGap } from "../../../src/channel/event/gap.ts";

const name = fc.stringMatching(/^[\w-]{1,64}$/);
const position = fc.oneof(
  fc.constant("gap"),
  fc.tuple(fc.stringMatching(/^[0-9a-z]{1,32}$/), fc.maxSafeNat()).map((p) => p.join("-")),
);
const parts = fc.uniqueArray(fc.tuple(name, position), { minLength: 1, maxLength: 64, selector: ([key]) => key });

describe("a combined event ID", () => {
  it("is read back with the position of each part", () => {
    fc.assert(
      fc.property(parts, (list) => {
        const id = list.map(([key, value]) => formatPart(key, value)).join("~");
        expect([...parseCombinedId(id)!]).toEqual(list);
      }),
    );
  });

  it("has only unreserved characters of a URL, and at most 7,359 of them", () => {
    const longest = Array.from({ length: 64 }, (_, i) =>
      formatPart(String(i).padStart(64, "n"), `${"z".repeat(32)}-9007199254740991`),
    );
    const id = longest.join("~");
    expect(id).toHaveLength(MAX_COMBINED_ID_LENGTH);
    expect(MAX_COMBINED_ID_LENGTH).toBe(7_359);
    expect(encodeURIComponent(id)).toBe(id);
    expect(parseCombinedId(id)?.size).toBe(64);
  });

  it("is not read from other text", () => {
    for (const id of [
      "",
      "a",
      "l3k2-42",
      "own/12",
      ".l3k2-42",
      "a.",
      "a.l3k2",
      "a.l3k2-042",
      "a.l3k2-9007199254740992",
      "a.l3k2-1~",
      "a.l3k2-1~a.l3k2-2",
      "a b.l3k2-1",
      "a.l3k2-1;b.l3k2-1",
      `${"a".repeat(65)}.l3k2-1`,
      `a.l3k2-1~${"b".repeat(MAX_COMBINED_ID_LENGTH)}.l3k2-1`,
    ])
      expect(parseCombinedId(id), id).toBeUndefined();
  });

  it("is made of the parts around one of them, without the parts that have no position", () => {
    const all = ["a.x-1", undefined, "c.z-3", "d.w-4"];
    expect(idAround(4, 2, (index) => all[index])).toEqual({ before: "a.x-1~", after: "~d.w-4" });
    expect(idAround(4, 0, (index) => all[index])).toEqual({ before: "", after: "~c.z-3~d.w-4" });
    expect(idAround(1, 0, (index) => all[index])).toEqual({ before: "", after: "" });
  });
});

it("a client keeps its position during the snapshot after a gap, unless the channel could not read it", () => {
  expect(positionBefore(makeGap("trimmed", "l3k2-42", "l3k2-50"))).toBe("l3k2-42");
  expect(positionBefore(makeGap("unparsable", "l3k2-42", "l3k2-50"))).toBe("gap");
  expect(positionBefore(makeGap("trimmed", "", "l3k2-50"))).toBe("gap");
});
