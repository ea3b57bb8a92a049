import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { livesNames, namesOf } from "../../../src/logs/nats/channel-names.ts";

describe("the names of a channel in NATS", () => {
  it("are readable for a readable channel", async () => {
    expect(await namesOf("sluice", "orders-2")).toMatchObject({
      stream: "sluice_orders-2",
      live: "sluice_live.orders-2.>",
    });
    expect((await namesOf("sluice", "jobs:export")).stream).toBe("sluice_jobs_3aexport");
  });

  it("are legal for NATS and as folder names, and differ for each channel", async () => {
    const channelNames = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }), {
      minLength: 2,
    });
    await fc.assert(
      fc.asyncProperty(channelNames, async (channels) => {
        const names = await Promise.all(channels.map((channel) => namesOf("p", channel)));
        for (const { stream, token } of names) {
          expect(stream).toMatch(/^[a-z0-9_-]{1,200}$/);
          expect(livesNames("p").stream).not.toBe(stream);
          expect(token).not.toBe("_lives");
        }
        expect(new Set(names.map(({ stream }) => stream)).size).toBe(channels.length);
      }),
    );
  });

  it("include a subject for each publisher's own ID that fits on a line of NATS's protocol", async () => {
    const names = await namesOf("sluice", "x".repeat(256));
    const ids = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 512 }), { minLength: 2 });
    fc.assert(
      fc.property(ids, (own) => {
        const subjects = own.map((id) => names.subjectsWith("part").ofId(id));
        for (const subject of subjects) expect(subject).toMatch(/^sluice\.[a-z0-9_-]+\.[a-z0-9]+\.i\.[A-Za-z0-9_-]+$/);
        expect(new Set(subjects).size).toBe(own.length);
      }),
    );
    expect(names.subjectsWith("part").ofId("€".repeat(512)).length).toBeLessThan(3_000);
  });
});

describe("the subjects of a stream", () => {
  it("are those that its configuration names", async () => {
    const names = await namesOf("sluice", "orders");
    const { all, live, event, ofId } = names.subjectsWith("part");
    const found = names.subjectsIn([all]);
    expect([found.all, found.live, found.event, found.ofId("own")]).toEqual([all, live, event, ofId("own")]);
  });

  it("differ for each stream, and include no message of another", async () => {
    const names = await namesOf("sluice", "orders");
    const [one, other] = [names.subjectsWith("one"), names.subjectsWith("other")];
    const stored = one.event;
    const republished = `${one.live.slice(0, -1)}e`;
    expect([one.include(stored), one.include(republished), one.include(one.ofId("a"))]).toEqual([true, true, true]);
    expect([other.include(stored), other.include(republished)]).toEqual([false, false]);
  });

  it("have no part of their own if the stream has none", async () => {
    const names = await namesOf("sluice", "orders");
    expect(names.subjectsIn(["sluice.orders.>"])).toMatchObject({
      all: "sluice.orders.>",
      live: "sluice_live.orders.>",
      event: "sluice.orders.e",
    });
  });
});
