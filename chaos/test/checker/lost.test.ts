import { describe, expect, it } from "vitest";
import { check } from "../../checker/check.mjs";
import { MadeRound, NODE } from "../support/made-round.ts";

describe("the checker of lost events", () => {
  it("accepts that an event without an acknowledgement reaches all, some or no subscribers", () => {
    const round = new MadeRound();
    const [one, other] = [round.subscribe("one-0"), round.subscribe("one-0")];
    const unanswered = round.publish();
    const acknowledged = round.publish("one-2");
    one.receivesAs("one-1", unanswered).receives(acknowledged);
    other.receives(acknowledged);
    expect(round.violations()).toEqual([]);
  });

  it("does not demand events from before the subscriber came", () => {
    const round = new MadeRound();
    round.publish("one-1");
    round.subscribe("one-1");
    expect(round.violations()).toEqual([]);
  });

  it("finds an acknowledged event that never came", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.publish("one-1");
    subscriber.receives(round.publish("one-2"));
    expect(round.violations()).toEqual(["lost"]);
  });

  it("finds that the last event never came", () => {
    const round = new MadeRound();
    round.subscribe("one-0");
    round.publish("one-1");
    expect(round.violations()).toEqual(["lost"]);
  });
});

describe("the checker of lost events, if events were trimmed,", () => {
  it("accepts a gap that covers the trimmed events", () => {
    const round = new MadeRound({ retained: 2 });
    const subscriber = round.subscribe("one-0");
    const events = [1, 2, 3, 4].map((offset) => round.publish(`one-${offset}`));
    subscriber.receivesGap("trimmed", "one-2").receives(...events.slice(2));
    expect(round.violations()).toEqual([]);
  });

  it("finds a missing event after the position from which the gap resumes", () => {
    const round = new MadeRound({ retained: 2 });
    const subscriber = round.subscribe("one-0");
    const events = [1, 2, 3, 4].map((offset) => round.publish(`one-${offset}`));
    subscriber.receivesGap("trimmed", "one-2").receives(events[3]!);
    expect(round.violations()).toEqual(["lost"]);
  });

  it("finds a missing event before the subscriber's position at the gap", () => {
    const round = new MadeRound({ retained: 2 });
    const subscriber = round.subscribe("one-0");
    const events = [1, 2, 3, 4, 5].map((offset) => round.publish(`one-${offset}`));
    subscriber
      .receives(events[1]!)
      .receivesGap("trimmed", "one-3")
      .receives(...events.slice(3));
    // Events 1 and 3 are missing. The gap covers 3 only.
    expect(round.violations()).toEqual(["lost"]);
  });
});

describe("the checker of lost events, if the store lost data,", () => {
  it("accepts a new life without a gap for a subscriber whose position is still valid", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    const first = round.publish("one-1");
    round.history.addLife("two", { one: 1 }, "node 1.1");
    subscriber.receives(first, round.publish("two-2"));
    expect(round.violations()).toEqual([]);
  });

  it("accepts a missing event if the process that knew it closed the channel before the loss, and no other", () => {
    const forgottenIf = (closes: boolean, opensIn = "two") => {
      const round = new MadeRound({ storeLostData: true });
      const subscriber = round.subscribe("one-0");
      subscriber.receives(round.publish("one-1"));
      round.publish("one-2");
      if (closes) round.history.addLife(opensIn, { one: 1 }, NODE, true);
      round.history.addLife("two", { one: 1 }, NODE);
      subscriber.receives(round.publish("two-2"));
      const { forgotten, violations } = check(round.history);
      return [forgotten, violations.length];
    };
    expect(forgottenIf(true)).toEqual([1, 0]);
    expect(forgottenIf(false)).toEqual([0, 1]);
    // It opened the channel again before the loss.
    expect(forgottenIf(true, "one")).toEqual([0, 1]);
  });

  it("accepts a missing event if every process that knew it ended with the data, and counts it as forgotten", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-0");
    subscriber.receives(round.publish("one-1"));
    round.publish("one-2");
    round.history.addLife("two", { one: 1 }, "node 1.2");
    subscriber.receives(round.publish("two-2"));
    expect(check(round.history)).toMatchObject({ forgotten: 1, violations: [] });
    round.history.showsLoss = true;
    expect(round.violations()).toEqual(["lost"]);
  });

  it("accepts a missing event if a process that knew it was in the life before the loss, and ended then", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-1");
    round.publish("one-2");
    round.history.addLife("two", { one: 2 }, "node 1.1");
    round.history.addLife("three", { one: 1, two: 1 }, "node 1.2");
    subscriber.receives(round.publish("three-2"));
    expect(check(round.history)).toMatchObject({ forgotten: 1, violations: [] });
  });

  it("accepts a late gap, once a process that knew the lost event enters the log", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-1");
    round.publish("one-2");
    round.history.addLife("two", { one: 1 }, "node 2.1");
    subscriber.receives(round.publish("two-2"));
    round.history.addLife("three", {}, "node 1.1");
    subscriber.receivesGap("other-epoch", "three-0").receives(round.publish("three-3"));
    expect(round.violations()).toEqual([]);
  });

  it("accepts a late gap from a node that did not enter the life in which another node noticed the loss", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-1");
    round.publish("one-3");
    round.history.addLife("two", { one: 2 }, "node 2.1");
    round.history.addLife("three", { one: -1 }, "node 1.1");
    round.history.addLife("four", { one: -1, two: -1, three: -1 }, "node 2.1");
    subscriber.sees({ kind: "position", id: "two-1" });
    subscriber.receivesGap("other-epoch", "four-0").receives(round.publish("four-3"));
    expect(round.violations()).toEqual([]);
  });

  it("finds a gap that came before the event was published", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-5");
    round.history.addLife("two", {}, "node 1.1");
    subscriber.receivesGap("other-epoch", "two-0");
    round.publish("two-1");
    expect(round.violations()).toEqual(["lost"]);
  });

  it("finds a new life without a gap for a subscriber that missed a lost event", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-0");
    subscriber.receives(round.publish("one-1"));
    round.publish("one-2");
    round.history.addLife("two", { one: 1 }, "node 1.1");
    subscriber.receives(round.publish("two-2"));
    expect(round.violations()).toEqual(["lost"]);
  });

  it("finds a missing gap if a process that had delivered the lost event still runs", () => {
    const round = new MadeRound({ storeLostData: true });
    const [subscriber, other] = [round.subscribe("one-1"), round.subscribe("one-1")];
    other.reconnects("one-1", "node 2.1");
    other.receives(round.publish("one-2")).receivesGap("other-epoch", "two-0");
    round.history.addLife("two", { one: 1 }, "node 2.1");
    const event = round.publish("two-2");
    subscriber.receives(event);
    other.receives(event);
    expect(round.violations()).toEqual(["lost"]);
  });

  it("finds that a later gap in the new life does not cover the lost event", () => {
    const round = new MadeRound({ storeLostData: true, retained: 2 });
    const subscriber = round.subscribe("one-1");
    round.publish("one-2");
    round.history.addLife("two", { one: 1 }, "node 1.1");
    const events = [2, 3, 4, 5, 6].map((offset) => round.publish(`two-${offset}`));
    subscriber
      .receives(events[0]!)
      .receivesGap("trimmed", "two-4")
      .receives(...events.slice(3));
    expect(round.violations()).toEqual(["lost"]);
  });
});
