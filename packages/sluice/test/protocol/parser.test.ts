import { describe, expect, it } from "vitest";
import { createParser, type ParsedEvent, SluiceError } from "../../src/protocol/index.ts";
import { parseChunks } from "./support/parse-chunks.ts";

/** Returns a parser, and the events that it has reported. */
function listen(options: { lastEventId?: string; maxEventBytes?: number } = {}) {
  const events: ParsedEvent[] = [];
  return { events, parser: createParser({ ...options, onEvent: (event) => events.push(event) }) };
}

const message = (data: string, lastEventId = ""): ParsedEvent => ({ type: "message", data, lastEventId });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the parser", () => {
  it.each(["\n\n", "\r\r", "\r\n\r", "\n\r", "\r\n\n"])(
    "reports an event at the last byte of its blank line: %j",
    (end) => {
      const { events, parser } = listen();
      parser.push(`data: a${end.slice(0, -1)}`);
      expect(events).toEqual([]);
      parser.push(end.slice(-1));
      expect(events).toEqual([message("a")]);
    },
  );

  it("does not wait for the LF after the CR of a blank line, nor take it for another line", () => {
    const { events, parser } = listen();
    parser.push("data: a\r\n\r");
    expect(events).toEqual([message("a")]);
    parser.push("\ndata: b\r\n\r");
    expect(events).toEqual([message("a"), message("b")]);
  });

  it("remembers a CR over empty chunks", () => {
    const { events, parser } = listen();
    for (const chunk of ["data: a\r", "", "\n", "", "data: b\r", "\r"]) parser.push(chunk);
    expect(events).toEqual([message("a\nb")]);
  });

  it("parses strings, cut anywhere, like bytes", () => {
    const { events, parser } = listen();
    for (const unit of "\uFEFFevent: 🎉\r\nid: 1\r\ndata: é\r\ndata:👍\r\n\r\n".split("")) parser.push(unit);
    expect(events).toEqual([{ type: "🎉", data: "é\n👍", lastEventId: "1" }]);
  });

  it("decodes text that changes between ASCII and other characters, with characters cut in two", () => {
    const { events, parser } = listen();
    const snowman = bytes("☃");
    parser.push(bytes("data: ascii\n\ndata: "));
    parser.push(snowman.subarray(0, 1));
    parser.push(snowman.subarray(1));
    parser.push(bytes("\n\ndata: ascii again\n\n"));
    parser.push(bytes("data: more ☃\n\ndata: "));
    parser.push(snowman.subarray(0, 2));
    parser.push(bytes("x\n\ndata: end\n\n"));
    expect(events.map(({ data }) => data)).toEqual(["ascii", "☃", "ascii again", "more ☃", "\uFFFDx", "end"]);
  });
});

describe("the last event ID", () => {
  it("moves with a complete block only, with data or without", () => {
    const { events, parser } = listen();
    parser.push("id: 1\ndata: a\n");
    expect(parser.lastEventId).toBe("");
    parser.push("\n");
    expect(parser.lastEventId).toBe("1");
    parser.push("id: 2\n");
    expect(parser.lastEventId).toBe("1");
    parser.push("\n");
    expect(parser.lastEventId).toBe("2");
    expect(events).toEqual([message("a", "1")]);
  });

  it("ignores the IDs that contain NUL, and no other ID of the chunk", () => {
    const { events, parser } = listen();
    parser.push("id: 1\ndata: a\0\n\nid: 2\0\ndata: b\n\nid: 3\ndata: c\n\nid: \0\ndata: d\n\nid: 5\ndata: e\n\n");
    expect(events).toEqual([
      message("a\0", "1"),
      message("b", "1"),
      message("c", "3"),
      message("d", "3"),
      message("e", "5"),
    ]);
  });

  it("is up to date inside the callback, on each path", () => {
    const seen: string[] = [];
    const parser = createParser({
      onEvent: ({ lastEventId }) => seen.push(`${lastEventId} ${parser.lastEventId}`),
    });
    parser.push("id: 1\ndata: a\n\nid: 2\ndata: a\ndata: b\n\nid: 3\r\ndata: a\r\n\r\ndata: c\n\n");
    expect(seen).toEqual(["1 1", "2 2", "3 3", "3 3"]);
  });

  it("continues from the last event ID of the previous connection", () => {
    const { events, parser } = listen({ lastEventId: "before" });
    expect(parser.lastEventId).toBe("before");
    parser.push("data: a\n\nid\ndata: b\n\n");
    expect(events).toEqual([message("a", "before"), message("b", "")]);
  });
});

describe("other fields", () => {
  it("are reported: comments without their colon and one space, and each reconnection time", () => {
    const { comments, retries } = parseChunks([":a\n: b\n:  c\n:\nretry: 10\nretry: x\nretry:\nretry:020\n\n"]);
    expect(comments).toEqual(["a", "b", " c", ""]);
    expect(retries).toEqual([10, 20]);
  });

  it("are ignored without a listener", () => {
    const { events, parser } = listen();
    parser.push(": comment\nretry: 10\nnonsense: 1\ndata: a\n\n");
    expect(events).toEqual([message("a")]);
  });
});

describe("reset", () => {
  it("forgets an incomplete block, line, character and CR, and keeps the last event ID", () => {
    for (const rest of ["data: old\n", "event: old\n", "id: old\n", "data: o", ": c", "data: old\r"]) {
      const { events, parser } = listen();
      parser.push(`id: 1\ndata: a\n\n${rest}`);
      parser.reset();
      expect(parser.lastEventId).toBe("1");
      parser.push("\ndata: b\n\n");
      expect(events, JSON.stringify(rest)).toEqual([message("a", "1"), message("b", "1")]);
    }
    const { events, parser } = listen();
    parser.push(new Uint8Array([0xe2, 0x98]));
    parser.reset();
    parser.push(bytes("data: b\n\n"));
    expect(events).toEqual([message("b")]);
  });

  it("expects a byte order mark again", () => {
    const { events, parser } = listen();
    parser.push("\uFEFFdata: a\n\n");
    parser.reset();
    parser.push("\uFEFFdata: b\n\n\uFEFFdata: c\n\n");
    expect(events).toEqual([message("a"), message("b")]);
  });

  it("repairs the parser after a callback threw", () => {
    const events: string[] = [];
    const parser = createParser({
      onEvent({ data }) {
        if (data === "bad") throw new RangeError("no");
        events.push(data);
      },
    });
    expect(() => parser.push("id: 1\ndata: bad\n\ndata: lost\n\n")).toThrow(RangeError);
    parser.reset();
    parser.push("data: good\n\n");
    expect(events).toEqual(["good"]);
    expect(parser.lastEventId).toBe("1");
  });
});

describe("an event that is too large", () => {
  const tooLarge = expect.objectContaining({ name: "SluiceError", code: "EVENT_TOO_LARGE" });
  /** Returns the error that pushing the chunks throws, if any. */
  const errorOf = (chunks: string[], maxEventBytes: number): unknown => {
    const { parser } = listen({ maxEventBytes });
    try {
      for (const chunk of chunks) parser.push(chunk);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each([
    ["one line", `data: ${"x".repeat(94)}\n\n`, `data: ${"x".repeat(95)}\n\n`],
    ["many lines", `${"data: 123456789\n".repeat(10)}data:\n`, `${"data: 123456789\n".repeat(10)}data: 1\n`],
    ["an id", `id: ${"x".repeat(96)}\n`, `id: ${"x".repeat(97)}\n`],
    ["a comment", `:${"x".repeat(99)}\r\n`, `:${"x".repeat(100)}\r\n`],
    ["a line without an end", "x".repeat(100), "x".repeat(101)],
  ])("throws EVENT_TOO_LARGE, however it is cut: %s", (_name, allowed, refused) => {
    for (const cutLength of [1, 7, 99, 100, 101, 1000]) {
      const cut = (text: string) => text.match(new RegExp(`[^]{1,${cutLength}}`, "g"))!;
      expect(errorOf(cut(allowed), 100), `cut ${cutLength}`).toBeUndefined();
      expect(errorOf(cut(refused), 100), `cut ${cutLength}`).toEqual(tooLarge);
      expect(errorOf(cut(`data: ok\n\n${refused}`), 100), `cut ${cutLength}`).toEqual(tooLarge);
    }
  });

  it("is not the sum of many small events, comments and IDs", () => {
    const { events, parser } = listen({ maxEventBytes: 30 });
    for (let i = 0; i < 100; i++) parser.push(`:ping\nid: ${i}\ndata: some text\r\n\r\n:comment\nid: 0\n`.repeat(3));
    expect(events).toHaveLength(300);
  });

  it("has a default limit of 16 MiB, and none with Infinity", () => {
    const piece = "x".repeat(1024 * 1024);
    const { parser } = listen();
    parser.push("data:");
    for (let i = 0; i < 15; i++) parser.push(piece);
    parser.push(piece.slice(5));
    expect(() => parser.push("x")).toThrow(tooLarge);
    const unlimited = listen({ maxEventBytes: Infinity });
    unlimited.parser.push("data:");
    for (let i = 0; i < 17; i++) unlimited.parser.push(piece);
    unlimited.parser.push("\n\n");
    expect(unlimited.events[0]?.data).toHaveLength(17 * piece.length);
  });

  it("makes the parser unusable until reset, after the events before it were reported", () => {
    for (const refused of [`data: ${"x".repeat(100)}`, `data: ${"x".repeat(40)}\n`.repeat(2)]) {
      const { events, parser } = listen({ maxEventBytes: 50 });
      expect(() => parser.push(`id: 1\ndata: a\n\n${refused}`)).toThrow(tooLarge);
      expect(() => parser.push("\n\ndata: b\n\n")).toThrow(tooLarge);
      expect(() => parser.push("data: c\r\n\r\n")).toThrow(tooLarge);
      expect(events).toEqual([message("a", "1")]);
      parser.reset();
      parser.push("data: d\n\n");
      expect(events).toEqual([message("a", "1"), message("d", "1")]);
    }
  });
});

describe("options", () => {
  it.each([
    {},
    { onEvent: "no function" },
    { onEvent() {}, lastEventId: 7 },
    { onEvent() {}, maxEventBytes: 0 },
    { onEvent() {}, maxEventBytes: -1 },
    { onEvent() {}, maxEventBytes: Number.NaN },
    { onEvent() {}, maxEventBytes: "5" },
    { onEvent() {}, maxEventBytes: null },
  ])("are refused at once if invalid: %j", (options) => {
    expect(() => createParser(options as never)).toThrow(SluiceError);
    expect(() => createParser(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  it("may be undefined", () => {
    expect(() => createParser({ onEvent() {}, lastEventId: undefined, maxEventBytes: undefined })).not.toThrow();
  });
});
