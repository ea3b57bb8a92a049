import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Source } from "../../../src/index.ts";
import { Site } from "../../support/site.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

describe("a source", () => {
  it.each(["as it is", "on a runtime whose streams cannot be iterated"])(
    "may be a ReadableStream, %s, which is cancelled as soon as the subscriber leaves",
    async (how) => {
      let cancelled = false;
      const readable = new ReadableStream({
        start: (controller) => controller.enqueue("one"),
        cancel: () => {
          cancelled = true;
        },
      });
      if (how !== "as it is") Object.defineProperty(readable, Symbol.asyncIterator, { value: undefined });
      await using site = await Site.open();
      site.source = readable;
      const client = await site.get();
      await until("the event has arrived", () => client.stream.events.length === 1);
      client.close();
      await until("the stream is cancelled", () => cancelled);
      expect(site.reasons).toEqual(["client"]);
      expect(site.errors).toEqual([]);
    },
  );

  it("may be a Node Readable, which is destroyed as soon as the subscriber leaves", async () => {
    const readable = new Readable({ objectMode: true, read: () => {} });
    readable.push({ n: 1 });
    await using site = await Site.open();
    site.source = () => readable;
    const client = await site.get();
    await until("the event has arrived", () => client.stream.events.length === 1);
    client.close();
    await until("it is destroyed", () => readable.destroyed);
    await turns(5);
    expect(client.stream.data).toEqual([{ n: 1 }]);
    expect(site.errors).toEqual([]);
  });

  it.each([
    ["a ReadableStream", () => Readable.toWeb(Readable.from(["a", "b"]))],
    ["a Node Readable", () => Readable.from(["a", "b"])],
  ])("that is %s ends the stream at its own end", async (_, make) => {
    await using site = await Site.open();
    site.source = make() as Source;
    const client = await site.get();
    await until("the body has ended", () => client.response.complete);
    expect(client.stream.events.map(({ data }) => data)).toEqual(["a", "b"]);
    expect(site.reasons).toEqual(["source-ended"]);
  });

  it.each([
    ["a ReadableStream", (cause: Error) => new ReadableStream({ pull: (controller) => controller.error(cause) })],
    [
      "a Node Readable",
      (cause: Error) =>
        new Readable({
          read() {
            this.destroy(cause);
          },
        }),
    ],
  ])("that is %s and fails ends the stream, and is reported", async (_, make) => {
    const cause = new Error("the upstream is away");
    await using site = await Site.open();
    site.source = make(cause) as Source;
    const client = await site.get();
    await until("the body has ended", () => client.response.complete);
    expect(site.reasons).toEqual(["error"]);
    expect(site.errors).toEqual([{ error: cause, context: { stage: "source" } }]);
  });

  it("that is a ReadableStream is cancelled even if it was never started", async () => {
    await using site = await Site.open();
    let cancelled = false;
    site.source = new ReadableStream({
      cancel: () => {
        cancelled = true;
      },
    });
    await site.get({ method: "HEAD" });
    await until("the stream is cancelled", () => cancelled);
  });
});
