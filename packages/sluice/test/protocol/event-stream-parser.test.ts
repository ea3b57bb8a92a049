import { describe, expect, it } from "vitest";
import { EventStreamParser, type ParsedEvent } from "../../src/protocol/index.ts";

function streamOf(...chunks: (Uint8Array | string)[]): ReadableStream<Uint8Array | string> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function collect(stream: ReadableStream<ParsedEvent>): Promise<ParsedEvent[]> {
  const events: ParsedEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe("EventStreamParser", () => {
  it("turns bytes or text, cut anywhere, into events, and drops an incomplete last block", async () => {
    const text = "\uFEFFid: 1\r\ndata: é\r\n\r\nevent: e\ndata\n\ndata: incomplete\n";
    const wanted = [
      { type: "message", data: "é", lastEventId: "1" },
      { type: "e", data: "", lastEventId: "1" },
    ];
    const bytes = [...new TextEncoder().encode(text)].map((byte) => new Uint8Array([byte]));
    expect(await collect(streamOf(...bytes).pipeThrough(new EventStreamParser()))).toEqual(wanted);
    expect(await collect(streamOf(text).pipeThrough(new EventStreamParser()))).toEqual(wanted);
  });

  it("accepts the options of a parser", async () => {
    const comments: string[] = [];
    const parser = new EventStreamParser({ lastEventId: "before", onComment: (comment) => comments.push(comment) });
    const events = await collect(streamOf(": hello\ndata: a\n\n").pipeThrough(parser));
    expect(events).toEqual([{ type: "message", data: "a", lastEventId: "before" }]);
    expect(comments).toEqual(["hello"]);
  });

  it("fails with EVENT_TOO_LARGE on its readable and on its writable side", async () => {
    const parser = new EventStreamParser({ maxEventBytes: 10 });
    const writer = parser.writable.getWriter();
    const reading = parser.readable.getReader().read();
    const writing = writer.write("data: too large\n\n");
    await expect(reading).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
    await expect(writing).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
    await expect(writer.closed).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
  });

  it("refuses invalid options in its constructor", () => {
    expect(() => new EventStreamParser({ maxEventBytes: -1 })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });
});
