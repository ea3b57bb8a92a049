import { describe, expect, it } from "vitest";
import { ENTRY_OVERHEAD_BYTES } from "../../../../src/logs/log.ts";
import { duplicateWindow, streamLimits } from "../../../../src/logs/nats/stream/stream-limits.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";

describe("the limits of a stream", () => {
  it("are absent if the retention has no limits", () => {
    expect(streamLimits(KEEP_ALL)).toEqual({ max_msgs: -1, max_bytes: -1, max_age: 0 });
  });

  it("use NATS's units, and are never below NATS's minimum age", () => {
    expect(streamLimits({ events: 10, bytes: Number.POSITIVE_INFINITY, age: 60_000 })).toEqual({
      max_msgs: 10,
      max_bytes: -1,
      max_age: 60_000_000_000,
    });
    expect(streamLimits({ ...KEEP_ALL, age: 5 }).max_age).toBe(100_000_000);
  });

  it("allow no more events than fit in the retention's bytes", () => {
    expect(streamLimits({ ...KEEP_ALL, bytes: 50 * ENTRY_OVERHEAD_BYTES })).toMatchObject({
      max_msgs: 50,
      max_bytes: 0.75 * 50 * ENTRY_OVERHEAD_BYTES,
    });
  });
});

describe("the time for which NATS recognises a duplicate", () => {
  it("is never longer than the stream keeps events", () => {
    expect(duplicateWindow(10_000, 0)).toBe(10_000_000_000);
    expect(duplicateWindow(10_000, 60_000_000_000)).toBe(10_000_000_000);
    expect(duplicateWindow(10_000, 5_000_000_000)).toBe(5_000_000_000);
  });
});
