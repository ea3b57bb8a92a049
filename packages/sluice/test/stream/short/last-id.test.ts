import { describe, expect, it } from "vitest";
import { toBytes } from "../../../src/protocol/bytes.ts";
import { encodeEvent } from "../../../src/protocol/index.ts";
import { lastIdIn } from "../../../src/stream/short/last-id.ts";

const of = (...texts: string[]) => lastIdIn(toBytes(texts.join("")));

describe("lastIdIn", () => {
  it("returns the ID of the last block that has one", () => {
    expect(of("id: e-1\n\n")).toBe("e-1");
    expect(of(encodeEvent({ id: "1", data: "a" }), encodeEvent({ id: "2 ž", data: "b" }))).toBe("2 ž");
    expect(of(encodeEvent({ id: "1", data: "a" }), encodeEvent({ data: "b" }), ": heartbeat\n\n")).toBe("1");
    expect(of(": heartbeat=15000\nretry: 2000\nid: e-7\n\n")).toBe("e-7");
  });

  it("takes no data, comment or type for an ID", () => {
    expect(of(encodeEvent({ data: "id: 1\nid: 2\n\nid: 3", event: "id: 4", comment: "id: 5\nid: 6" }))).toBeUndefined();
    expect(of("")).toBeUndefined();
  });
});
