import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, MessageParser } from "../../src/fetch-event-source/message-parser.ts";
import { concatBytes, toBytes } from "../../src/protocol/bytes.ts";
import { cut } from "../protocol/support/parse-chunks.ts";
import { interpretBytes, type StreamReport } from "../protocol/support/reference-interpreter.ts";

const MIB = 1024 * 1024;

/** Parses the chunks, and reports as the reference interpreter does. */
function report(chunks: Iterable<Uint8Array>, lastEventId = ""): StreamReport {
  const blocks: Block[] = [];
  const parser = new MessageParser(lastEventId, (block) => blocks.push(block));
  let control = "";
  for (const chunk of chunks) control += parser.push(chunk);
  const valuesOf = (name: string) =>
    control
      .split("\n")
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ""));
  return {
    events: blocks.flatMap(({ message, lastEventId: id = "" }) =>
      message ? [{ type: message.event || "message", data: message.data, lastEventId: id }] : [],
    ),
    retries: valuesOf("retry").map(Number),
    comments: valuesOf(""),
    lastEventId: blocks.at(-1)?.lastEventId ?? lastEventId,
  };
}

describe("the parser of messages", () => {
  const vectors = JSON.parse(readFileSync(new URL("../vectors/parse.json", import.meta.url), "utf8")) as {
    name: string;
    chunks: string[];
    initialLastEventId?: string;
    expect: { events: StreamReport["events"]; finalLastEventId: string };
  }[];

  it.each(vectors.map((vector) => [vector.name, vector] as const))("reads the vector: %s", (_, vector) => {
    const whole = concatBytes(vector.chunks.map((chunk) => Buffer.from(chunk, "base64")));
    for (const chunks of [[whole], cut(whole, 1), cut(whole, 7)]) {
      const { events, lastEventId } = report(chunks, vector.initialLastEventId);
      expect(events).toEqual(vector.expect.events);
      expect(lastEventId).toBe(vector.expect.finalLastEventId);
    }
  });

  it("reports for any bytes, cut anywhere, what the reference interpreter reports", () => {
    const parts = [
      "data",
      "event",
      "id",
      "retry",
      ":",
      " ",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "1",
      "é",
      "👍",
      "\0",
      "\uFEFF",
    ];
    const text = fc.array(fc.constantFrom(...parts), { maxLength: 40 }).map((all) => toBytes(all.join("")));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (bytes, size) => {
        expect(report(cut(bytes, size), "before")).toEqual(interpretBytes(bytes, "before"));
      }),
      { numRuns: 2_000 },
    );
  });

  it("gives the fields of the block alone, and the position apart from them", () => {
    const blocks: Block[] = [];
    const parser = new MessageParser(undefined, (block) => blocks.push(block));
    parser.push(toBytes("data: 0\n\nid: 1\nevent: message\nretry: 5\ndata: 1\n\ndata: 2\n\nid: 3\n\nid\ndata: 4\n\n"));
    expect(blocks).toEqual([
      { message: { id: "", event: "", data: "0" }, lastEventId: undefined },
      { message: { id: "1", event: "message", data: "1", retry: 5 }, lastEventId: "1" },
      { message: { id: "", event: "", data: "2" }, lastEventId: "1" },
      { message: undefined, lastEventId: "3" },
      { message: { id: "", event: "", data: "4" }, lastEventId: "" },
    ]);
  });

  it.each([
    ["one line", (length: number) => [`data: ${"x".repeat(length)}`]],
    ["many lines", (length: number) => Array.from({ length: length / MIB }, () => `data: ${"x".repeat(MIB)}\n`)],
  ])("refuses an event of more than 16 MiB in %s", (_, textOf) => {
    const parser = new MessageParser(undefined, () => {});
    const push = (length: number) => {
      for (const text of textOf(length)) parser.push(toBytes(text));
    };
    push(15 * MIB);
    expect(() => push(2 * MIB)).toThrow(expect.objectContaining({ code: "EVENT_TOO_LARGE" }));
  });
});
