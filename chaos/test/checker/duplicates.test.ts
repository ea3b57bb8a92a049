import { describe, expect, it } from "vitest";
import { check } from "../../checker/check.mjs";
import { MadeRound } from "../support/made-round.ts";

describe("the checker of duplicates", () => {
  it("accepts events that come again after a gap reported a lost position, and counts them", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-0");
    const events = [1, 2, 3].map((offset) => round.publish(`one-${offset}`));
    subscriber.receives(...events);
    round.history.addLife("two", { one: 1 }, "node 1.1");
    const later = round.publish("two-2");
    subscriber.receivesGap("other-epoch", "two-0").receivesAs("two-1", events[0]!).receives(later);
    expect(check(round.history)).toMatchObject({ again: 1, violations: [] });
  });

  it("finds an event that came twice, at once or after a reconnect", () => {
    const round = new MadeRound();
    const [one, other] = [round.subscribe("one-0"), round.subscribe("one-0")];
    const [first, second] = [round.publish("one-1"), round.publish("one-2")];
    one.receives(first, first, second);
    other.receives(first, second).sees({ kind: "closed", why: "left" });
    other.reconnects("one-2").receives(second);
    expect(round.violations().filter((kind) => kind === "duplicated")).toHaveLength(2);
  });

  it("finds an event that came again after a gap that reported only trimming", () => {
    const round = new MadeRound({ retained: 2 });
    const subscriber = round.subscribe("one-0");
    const events = [1, 2, 3, 4].map((offset) => round.publish(`one-${offset}`));
    subscriber
      .receives(events[0]!)
      .receivesGap("trimmed", "one-2")
      .receives(...events.slice(2))
      .receivesAs("one-5", events[0]!);
    expect(round.violations()).toContain("duplicated");
  });
});
