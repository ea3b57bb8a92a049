import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../../src/logs/log.ts";
import { markOf } from "../../../../src/logs/redis/life/entry-mark.ts";
import { BRIEF_CHARS, briefEntry } from "../../../../src/logs/shared/view/brief-entry.ts";

const ENTRY = { offset: 7, time: 5, type: "t", json: false, topics: ["a"], id: "own", retry: 1, more: 2 };

const ENTRIES: [string, LogEntry][] = [
  ["short", { ...ENTRY, data: "x".repeat(BRIEF_CHARS) }],
  ["long", { ...ENTRY, data: "ö😀\n\u0000".repeat(100) }],
  ["cut within a character", { ...ENTRY, data: `${"x".repeat(BRIEF_CHARS - 1)}😀 and more` }],
];

describe("briefEntry", () => {
  it.for(ENTRIES)("keeps the beginning of the data and everything else: %s", ([, entry]) => {
    const brief = briefEntry(entry);
    expect(brief).toEqual({ ...entry, data: entry.data.slice(0, BRIEF_CHARS) });
    expect(markOf(brief, "epoch")).toEqual(markOf(entry, "epoch"));
  });
});
