import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../../src/logs/log.ts";
import { KnownEntry } from "../../../../src/logs/nats/life/known-entry.ts";

const ENTRY: LogEntry = { offset: 3, time: 5, type: "n", data: "abc", json: false };

describe("an entry that a process knows", () => {
  it.each([
    ["whole", false],
    ["as a digest", true],
  ])("recognises the same entry, kept %s", (_, isBrief) => {
    const known = new KnownEntry(ENTRY, isBrief);
    expect(known.offset).toBe(3);
    expect(known.isSame({ ...ENTRY })).toBe(true);
    for (const other of [{ data: "abd" }, { data: "" }, { time: 6 }, { type: "m" }, { id: "x" }]) {
      expect(known.isSame({ ...ENTRY, ...other })).toBe(false);
    }
  });

  it("recognises another program's message, which has no time of its own", () => {
    const known = new KnownEntry({ ...ENTRY, type: "" }, true);
    expect(known.isSame({ ...ENTRY, type: "", time: 9 })).toBe(true);
  });
});
