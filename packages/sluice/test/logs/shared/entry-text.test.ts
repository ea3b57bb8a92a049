import fc from "fast-check";
import { expect, test } from "vitest";
import type { NewEntry } from "../../../src/logs/log.ts";
import { entryText, parseEntry } from "../../../src/logs/shared/entry-text.ts";

/** Any text: each unit of UTF-16 on its own, so that lone surrogates and line ends come too. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom("\n", "\r", "\r\n", "\0", "\u2028", "\ud800", "\udfff", "😀", '"', "\\", "[", "]"),
      fc.string(),
    ),
  )
  .map((parts) => parts.join(""));

const entry: fc.Arbitrary<NewEntry> = fc.record(
  {
    type: text,
    data: text,
    json: fc.boolean(),
    topics: fc.option(fc.array(text, { minLength: 1, maxLength: 4 }), { nil: undefined }),
    id: fc.option(text, { nil: undefined }),
    retry: fc.option(fc.nat(), { nil: undefined }),
  },
  { requiredKeys: ["type", "data", "json"] },
);

test("whatever is written is read as it was", () => {
  const property = fc.property(entry, fc.nat(), fc.integer({ min: 1 }), (written, time, offset) => {
    const absent = { topics: undefined, id: undefined, retry: undefined };
    expect(parseEntry(offset, entryText(written, time))).toEqual({ ...absent, ...written, time, offset });
  });
  fc.assert(property, { numRuns: 1_000 });
});

test("the data stands as it is, after one line for all the rest", () => {
  const written = { type: "a\nb", data: '{"n":1}\nand more', json: false, topics: ["t\n"], id: "own\n1", retry: 0 };
  const [head, ...data] = entryText(written, 7).split("\n");
  expect(JSON.parse(head!)).toEqual([7, "a\nb", 0, ["t\n"], "own\n1", 0]);
  expect(data.join("\n")).toBe(written.data);
});

test("what is absent at the end takes no place", () => {
  expect(entryText({ type: "n", data: "", json: true }, 7)).toBe('[7,"n",1]\n');
  expect(entryText({ type: "n", data: "1", json: true, retry: 5 }, 7)).toBe('[7,"n",1,null,null,5]\n1');
});

test("an ID that is empty, and a reconnection time of 0, are not absent", () => {
  const read = parseEntry(1, entryText({ type: "n", data: "", json: false, id: "", retry: 0 }, 7));
  expect(read).toMatchObject({ id: "", retry: 0, topics: undefined });
});
