import { describe, expect, it } from "vitest";
import { check } from "../../checker/check.mjs";
import { MadeRound } from "../support/made-round.ts";

describe("the checker of own IDs", () => {
  it.each(["trimmed", "lost"] as const)("accepts an event twice if the log had %s its first entry", (how) => {
    const round = how === "trimmed" ? new MadeRound({ retained: 2 }) : new MadeRound({ storeLostData: true });
    const subscriber = round.subscribe("one-0");
    const event = round.publish("one-1", { ownId: "own" });
    subscriber.receives(event);
    const began = round.history.tick();
    const others = how === "trimmed" ? [2, 3, 4].map((offset) => round.publish(`one-${offset}`)) : [];
    if (how === "lost") round.loseData(began);
    round.publishAgain(event, 5);
    subscriber.receives(...others, event);
    expect(check(round.history)).toMatchObject({ again: 1, violations: [] });
  });

  it("does not demand events before the second entry from a subscriber that resumes from the ID", () => {
    const round = new MadeRound({ retained: 2 });
    const subscriber = round.subscribe("one-0");
    const event = round.publish("one-1", { ownId: "own" });
    subscriber.receives(event);
    for (const offset of [2, 3, 4]) round.publish(`one-${offset}`);
    round.publishAgain(event, 5);
    subscriber.reconnects("own").receives(round.publish("one-6"));
    expect(round.violations()).toEqual([]);
  });

  it("finds an event that is in the log twice, or that came twice", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    const event = round.publish("one-1", { ownId: "own" });
    event.attempts.push({ ...event.attempts[0]!, position: { epoch: "one", offset: 2 } });
    subscriber.receives(event);
    expect(round.violations()).toEqual(["duplicated"]);
    subscriber.receives(event);
    expect(round.violations()).toEqual(["duplicated", "duplicated"]);
  });

  it("finds a missing event after a subscriber resumed from an own ID", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    const event = round.publish("one-1", { ownId: "own" });
    subscriber.receives(event);
    round.publish("one-2");
    round.publishAgain(event, 1);
    subscriber.reconnects("own").receives(round.publish("one-3"));
    expect(round.violations()).toEqual(["lost"]);
  });
});
