import { describe, expect, it } from "vitest";
import { MadeRound } from "../support/made-round.ts";

describe("the checker of gaps", () => {
  it("accepts a gap for an own ID whose event is there, if later events may be lost", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-0");
    subscriber.receives(round.publish("one-1", { ownId: "own" }));
    round.publish("one-2");
    round.history.addLife("two", {}, "node 1.1");
    subscriber.receivesGap("other-epoch", "two-1");
    expect(round.violations()).toEqual([]);
  });

  it("finds a gap for an own ID whose event, and all later events, are there", () => {
    const round = new MadeRound({ retained: 2 });
    const subscriber = round.subscribe("one-0");
    const events = [1, 2, 3].map((offset) => round.publish(`one-${offset}`, { ownId: `own ${offset}` }));
    subscriber.receives(events[0]!, events[1]!).receivesGap("unknown", "one-1").receives(events[2]!);
    expect(round.violations()).toEqual(["needless gap"]);
  });

  it("finds a gap if no event can be lost", () => {
    const round = new MadeRound();
    round.subscribe("one-0").receivesGap("other-epoch", "two-0");
    expect(round.violations()).toEqual(["needless gap"]);
  });

  it("finds a gap if all events after the position are there", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-0");
    const event = round.publish("one-1");
    round.history.addLife("two", { one: 1 }, "node 1.1");
    subscriber.receives(event).receivesGap("other-epoch", "two-0");
    expect(round.violations()).toEqual(["needless gap"]);
  });

  it("finds a gap that names a position the subscriber never had, or no position to resume from", () => {
    const round = new MadeRound({ storeLostData: true });
    round.history.addLife("two", {}, "node 1.1");
    round.subscribe("one-1").receivesGap("other-epoch", "two-0", "one-9");
    round.subscribe("one-1").receivesGap("other-epoch", "");
    expect(round.violations()).toEqual(["needless gap", "needless gap"]);
  });
});
