import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBytes } from "../../src/protocol/bytes.ts";
import { checkFields } from "../../src/protocol/encode-event.ts";
import { type EventFields, encodeEvent, SluiceError } from "../../src/protocol/index.ts";
import { parseChunks } from "./support/parse-chunks.ts";

/** Returns the error that encoding the fields throws, if any. */
function errorOf(fields: unknown): SluiceError | undefined {
  try {
    encodeEvent(fields as EventFields);
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
    return error as SluiceError;
  }
  return undefined;
}

describe("encodeEvent", () => {
  it.each<[EventFields, string]>([
    [{ data: "x" }, "data: x\n\n"],
    [{ data: "" }, "data:\n\n"],
    [{ data: " x" }, "data:  x\n\n"],
    [{ data: "a\r\nb\rc\nd" }, "data: a\ndata: b\ndata: c\ndata: d\n\n"],
    [{ data: "a\n" }, "data: a\ndata: \n\n"],
    [{ id: "x" }, "id: x\n\n"],
    [{ id: "" }, "id:\n\n"],
    [{ id: "", data: "x" }, "id:\ndata: x\n\n"],
    [{ retry: 0 }, "retry: 0\n\n"],
    [{ retry: Number.MAX_SAFE_INTEGER }, "retry: 9007199254740991\n\n"],
    [{ comment: "" }, ":\n\n"],
    [{ comment: "a" }, ": a\n\n"],
    [{ comment: "a\r\n\nb" }, ": a\n: \n: b\n\n"],
    [{ event: "e", id: "i", retry: 1, comment: "c", data: "d" }, ": c\nevent: e\nid: i\nretry: 1\ndata: d\n\n"],
    [{ data: "x", event: undefined, id: undefined, retry: undefined, comment: undefined }, "data: x\n\n"],
  ])("writes %j", (fields, text) => {
    expect(encodeEvent(fields)).toBe(text);
  });

  it.each([
    { event: "a\nb", data: "x" },
    { event: "a\rb", data: "x" },
    { event: "a\0b", data: "x" },
    { event: "a\uD800", data: "x" },
    { event: 7, data: "x" },
    { event: null, data: "x" },
    { id: "a\nb" },
    { id: "a\r" },
    { id: "\0" },
    { id: "\uDC00a" },
    { id: 7 },
    { id: null, data: "x" },
    { retry: -1 },
    { retry: 1.5 },
    { retry: Number.NaN },
    { retry: Infinity },
    { retry: 2 ** 53 },
    { retry: "1000" },
    { retry: 1000n },
    { retry: null },
    { comment: null },
    { comment: ["a\ndata: b"] },
  ])("refuses with INVALID_FIELD %o", (fields) => {
    expect(errorOf(fields)?.code).toBe("INVALID_FIELD");
  });

  it.each([
    { data: null },
    { data: null, id: "1" },
    { data: 7 },
    { data: { toString: () => "x" } },
    { data: ["a"] },
    { data: Object.create(null) },
    { data: Symbol("s") },
    { event: "x" },
    { event: "x", data: undefined },
    {},
  ])("refuses with INVALID_DATA %o", (fields) => {
    expect(errorOf(fields)?.code).toBe("INVALID_DATA");
  });

  it("names the expected and the actual value in its message, truncated and escaped", () => {
    expect(errorOf({ retry: 1.5 })?.message).toBe("retry: expected whole ms >= 0, got 1.5");
    expect(errorOf({ comment: true })?.message).toBe("comment: expected text, got boolean");
    const { message } = errorOf({ id: `a\n${"b".repeat(1000)}` })!;
    expect(message).toMatch(/^id: expected text without CR, LF, NUL or lone surrogates, got "a\\nb{38}"$/);
  });

  it("does not take the halves of a surrogate pair for lone surrogates", () => {
    expect(encodeEvent({ event: "👍", id: "👍" })).toBe("event: 👍\nid: 👍\n\n");
  });
});

describe("checkFields", () => {
  it("throws if and only if encodeEvent throws", () => {
    expect(() => checkFields({ event: "a\nb", data: "" })).toThrow(expect.objectContaining({ code: "INVALID_FIELD" }));
    expect(() => checkFields({})).toThrow(expect.objectContaining({ code: "INVALID_DATA" }));
    expect(checkFields({ event: "a", data: "" })).toBeUndefined();
  });
});

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\r",
        "\n",
        "\r\n",
        "\n\n",
        "\0",
        "data: pwned",
        "event: admin",
        "id: 99",
        "retry: 1",
        ":",
        " ",
        "\uFEFF",
      ),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.string(),
    ),
    { maxLength: 8 },
  )
  .map((all) => all.join(""));
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined, freq: 2 });
const fields: fc.Arbitrary<EventFields> = fc.record({
  data: optional(hostile),
  event: optional(fc.oneof(hostile, fc.string())),
  id: optional(fc.oneof(hostile, fc.string())),
  retry: optional(fc.oneof(fc.nat(), fc.double(), fc.maxSafeInteger())),
  comment: optional(hostile),
});

describe("an encoded event", () => {
  it("is read back by a parser with the same fields, and adds nothing else", () => {
    let encoded = 0;
    fc.assert(
      fc.property(fields, fc.constantFrom("", "before"), (given, lastEventId) => {
        if (errorOf(given) !== undefined) return;
        encoded++;
        const { data, event, id, retry, comment } = given;
        // The block after it shows if the encoded block reaches beyond its own end.
        const report = parseChunks([toBytes(`${encodeEvent(given)}event: after\ndata: after\n\n`)], { lastEventId });
        const newId = id ?? lastEventId;
        const lines = (text: string) => text.split(/\r\n|\r|\n/).map((line) => Buffer.from(line).toString());
        const own = {
          type: event || "message",
          data: data === undefined ? "" : lines(data).join("\n"),
          lastEventId: newId,
        };
        expect(report).toEqual({
          events: [...(data === undefined ? [] : [own]), { type: "after", data: "after", lastEventId: newId }],
          retries: retry === undefined ? [] : [retry + 0], // + 0, because a parser reads -0 as 0
          comments: comment === undefined ? [] : lines(comment),
          lastEventId: newId,
        });
      }),
      { numRuns: 5000 },
    );
    expect(encoded, "enough of the fields could be encoded").toBeGreaterThan(500);
  });

  it("is refused if and only if a field would not be read back unchanged", () => {
    const isSafe = (text: string | undefined) =>
      text === undefined || (!/[\r\n\0]/.test(text) && Buffer.from(text).toString() === text);
    fc.assert(
      fc.property(fields, (given) => {
        const { data, event, id, retry, comment } = given;
        const isFieldValid =
          isSafe(event) && isSafe(id) && (retry === undefined || (Number.isSafeInteger(retry) && retry >= 0));
        const isEnough = [data, id, retry, comment].some((field) => field !== undefined);
        expect(errorOf(given)?.code).toBe(!isFieldValid ? "INVALID_FIELD" : isEnough ? undefined : "INVALID_DATA");
      }),
      { numRuns: 3000 },
    );
  });

  it("writes no line for an empty type, which some parsers read as a type of its own", () => {
    expect(encodeEvent({ event: "", data: "x" })).toBe("data: x\n\n");
  });
});
