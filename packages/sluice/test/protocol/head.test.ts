import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptsGzip, decodeLastEventId, eventStreamHeaders } from "../../src/protocol/head.ts";

describe("the head of an event stream", () => {
  it("has the type of event streams, and stops proxies from transforming and buffering", () => {
    expect(eventStreamHeaders).toEqual({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(Object.isFrozen(eventStreamHeaders)).toBe(true);
  });
});

describe("decodeLastEventId", () => {
  /** Presents the bytes of a header as Node and `Headers` do. */
  const asHeader = (id: string): string => Buffer.from(id).toString("latin1");

  it("restores any ID that a client sent as UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (id) => {
        expect(decodeLastEventId(asHeader(id))).toBe(id);
      }),
    );
    expect(decodeLastEventId(asHeader("…"))).toBe("…");
    expect(decodeLastEventId(asHeader("\uFEFFx"))).toBe("\uFEFFx");
  });

  it.each(["", "7", "k3x9-100000", "é", "\xff", "\xc3", "caf\xe9", "…", "日本", "Ã©…"])(
    "leaves a value unchanged if its bytes are not UTF-8: %j",
    (value) => {
      expect(decodeLastEventId(value)).toBe(value);
    },
  );

  it("accepts a header of any length", () => {
    const id = "é".repeat(1_000_000);
    expect(decodeLastEventId(asHeader(id))).toBe(id);
  });
});

describe("acceptsGzip", () => {
  it.each([
    "gzip",
    "GZip",
    "x-gzip",
    "gzip, deflate, br, zstd",
    "br;q=1.0, gzip;q=0.8, *;q=0.1",
    "*",
    "gzip;q=0.001",
    "identity;q=0, *;q=0.5",
    "*;q=0, gzip ; Q=1",
  ])("is true of %j", (header) => expect(acceptsGzip(header)).toBe(true));

  it.each([
    undefined,
    null,
    "",
    "br",
    "identity",
    "gzip;q=0",
    "gzip;q=0.000, *",
    "gzip; q=0, br",
    "*;q=0",
    "br, *;q=0",
    "gzipped",
    "gzip;q=none",
  ])("is false of %j", (header) => expect(acceptsGzip(header)).toBe(false));
});
