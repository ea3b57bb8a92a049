import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ENTRY_OVERHEAD_BYTES } from "../../../src/logs/log.ts";
import { livesPlace, placeOf, streamLimits } from "../../../src/logs/nats/channel-names.ts";
import { KEEP_ALL } from "../support/log-contract.ts";

describe("where a channel is kept in NATS", () => {
  test("has readable names for readable channels", async () => {
    expect(await placeOf("sluice", "orders-2")).toMatchObject({
      stream: "sluice_orders-2",
      subject: "sluice.orders-2.e",
      subjects: "sluice.orders-2.>",
    });
    expect((await placeOf("sluice", "jobs:export")).stream).toBe("sluice_jobs_3aexport");
  });

  test("is legal for NATS and for the folders on its disk, and another for each channel", async () => {
    const names = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }), { minLength: 2 });
    await fc.assert(
      fc.asyncProperty(names, async (channels) => {
        const places = await Promise.all(channels.map((channel) => placeOf("p", channel)));
        for (const { stream, token } of places) {
          expect(stream).toMatch(/^[a-z0-9_-]{1,200}$/);
          expect(livesPlace("p").stream).not.toBe(stream);
          expect(token).not.toBe("_lives");
        }
        expect(new Set(places.map(({ stream }) => stream)).size).toBe(channels.length);
      }),
    );
  });

  test("is another for each ID of a publisher's, and fits on a line of NATS's protocol", async () => {
    const place = await placeOf("sluice", "x".repeat(256));
    const ids = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 512 }), { minLength: 2 });
    fc.assert(
      fc.property(ids, (own) => {
        const subjects = own.map((id) => place.subjectOf(id));
        for (const subject of subjects) expect(subject).toMatch(/^sluice\.[a-z0-9_-]+\.i\.[A-Za-z0-9_-]+$/);
        expect(new Set(subjects).size).toBe(own.length);
      }),
    );
    expect(place.subjectOf("€".repeat(512)).length).toBeLessThan(3_000);
  });
});

describe("the limits of a stream", () => {
  test("are none where there are none", () => {
    expect(streamLimits(KEEP_ALL)).toEqual({ max_msgs: -1, max_bytes: -1, max_age: 0 });
  });

  test("are in NATS's units, and not less than it takes", () => {
    expect(streamLimits({ events: 10, bytes: Number.POSITIVE_INFINITY, age: 60_000 })).toEqual({
      max_msgs: 10,
      max_bytes: -1,
      max_age: 60_000_000_000,
    });
    expect(streamLimits({ ...KEEP_ALL, age: 5 }).max_age).toBe(100_000_000);
  });

  test("let no more events in than there are bytes for", () => {
    expect(streamLimits({ ...KEEP_ALL, bytes: 50 * ENTRY_OVERHEAD_BYTES })).toMatchObject({
      max_msgs: 50,
      max_bytes: 0.75 * 50 * ENTRY_OVERHEAD_BYTES,
    });
  });
});
