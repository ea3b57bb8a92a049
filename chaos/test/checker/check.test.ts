import { describe, expect, it } from "vitest";
import { check } from "../../checker/check.mjs";
import { MadeRound, NODE } from "../support/made-round.ts";

describe("the checker", () => {
  it("finds no violation in a correct history, and counts its events", () => {
    const round = new MadeRound();
    const subscribers = [round.subscribe("one-0"), round.subscribe("one-0", ["a"]), round.subscribe("one-0", "*")];
    const first = round.publish("one-1");
    const second = round.publish("one-2", { topics: ["a"] });
    const third = round.publish("one-3");
    subscribers[0]?.receives(first, third);
    for (const subscriber of subscribers.slice(1)) subscriber.receives(first, second, third);
    expect(check(round.history)).toEqual({
      acknowledged: 3,
      delivered: 8,
      gaps: 0,
      again: 0,
      forgotten: 0,
      jobs: 0,
      deleted: 0,
      violations: [],
    });
  });

  it("finds an ID that means different events to two subscribers", () => {
    const round = new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-0");
    subscriber.receives(round.publish("one-1"), round.publish("one-1", { publisher: 1 }));
    expect(round.violations()).toContain("ambiguous ID");
  });

  it("finds nodes that never agreed on presence", () => {
    const round = new MadeRound();
    round.history.disagreements.push("node 1.1 reports 3 on 2 nodes; expected 2 on 2 nodes");
    expect(round.violations()).toEqual(["presence"]);
  });

  it("finds a node that ended unexpectedly", () => {
    const round = new MadeRound();
    round.history.crashes.push("node 1.1 ended unexpectedly (SIGBUS)");
    expect(round.violations()).toEqual(["crash"]);
  });

  it("finds a publish that a node never answered", () => {
    const round = new MadeRound();
    round.history.unanswered.push({ call: "publish", node: NODE, began: 1 });
    expect(round.violations()).toEqual(["unanswered"]);
  });
});
