import fc from "fast-check";
import { expect, it } from "vitest";
import type { NewEntry } from "../../../src/logs/log.ts";
import { entryText, parseEntry } from "../../../src/logs/shared/entry-text.ts";

/** Any text, with line ends and lone surrogates. */
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

it("parses every entry back unchanged", () => {
  const property = fc.property(entry, fc.nat(), fc.integer({ min: 1 }), (written, time, offset) => {
    const absent = { topics: undefined, id: undefined, retry: undefined };
    expect(parseEntry(offset, entryText(written, time))).toEqual({ ...absent, ...written, time, offset });
  });
  fc.assert(property, { numRuns: 1_000 });
});

it("keeps the data unchanged after one line for all other fields", () => {
  const written = { type: "a\nb", data: '{"n":1}\nand more', json: false, topics: ["t\n"], id: "own\n1", retry: 0 };
  const [head, ...data] = entryText(written, 7).split("\n");
  expect(JSON.parse(head!)).toEqual([7, "a\nb", 0, ["t\n"], "own\n1", 0]);
  expect(data.join("\n")).toBe(written.data);
});

it("leaves out absent fields at the end", () => {
  expect(entryText({ type: "n", data: "", json: true }, 7)).toBe('[7,"n",1]\n');
  expect(entryText({ type: "n", data: "1", json: true, retry: 5 }, 7)).toBe('[7,"n",1,null,null,5]\n1');
});

it("keeps an empty ID and a reconnection time of 0", () => {
  const read = parseEntry(1, entryText({ type: "n", data: "", json: false, id: "", retry: 0 }, 7));
  expect(read).toMatchObject({ id: "", retry: 0, topics: undefined });
});
