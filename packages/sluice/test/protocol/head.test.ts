import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptsGzip, decodeLastEventId, eventStreamHeaders } from "../../src/protocol/head.ts";

describe("the head of an event stream", () => {
  it("says what it is, and asks proxies to leave it alone", () => {
    expect(eventStreamHeaders).toEqual({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(Object.isFrozen(eventStreamHeaders)).toBe(true);
  });
});

describe("decodeLastEventId", () => {
  /** What Node and `Headers` make of the bytes of a header. */
  const asHeader = (id: string): string => Buffer.from(id).toString("latin1");

  it("brings back any ID that a client sent as UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (id) => {
        expect(decodeLastEventId(asHeader(id))).toBe(id);
      }),
    );
    expect(decodeLastEventId(asHeader("…"))).toBe("…");
    expect(decodeLastEventId(asHeader("\uFEFFx"))).toBe("\uFEFFx");
  });

  it.each(["", "7", "k3x9-100000", "é", "\xff", "\xc3", "caf\xe9", "…", "日本", "Ã©…"])(
    "leaves what is not UTF-8 bytes: %j",
    (value) => {
      expect(decodeLastEventId(value)).toBe(value);
    },
  );

  it("takes a header of any length", () => {
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
