import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../history.mjs";
import { MadeRound } from "../support/made-round.ts";

describe("the checker of order", () => {
  it("finds events that came in another order than that of their positions", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    const [first, second] = [round.publish("one-1"), round.publish("one-2", { publisher: 1 })];
    subscriber.receives(second, first);
    expect(round.violations()).toEqual(["out of order"]);
  });

  it("finds two subscribers that received events with own IDs in different order", () => {
    const round = new MadeRound();
    const [one, other] = [round.subscribe("one-0"), round.subscribe("one-0")];
    const events = ["a", "b", "c"].map((ownId, i) => round.publish(`one-${i + 1}`, { ownId, publisher: i }));
    one.receives(events[0]!, events[1]!, events[2]!);
    other.receives(events[1]!, events[0]!, events[2]!);
    expect(round.violations()).toEqual(["out of order"]);
  });

  it("finds three subscribers that agree in pairs, and have no order in common", () => {
    const round = new MadeRound();
    const subscribers = [
      round.subscribe("one-0", ["a", "b"]),
      round.subscribe("one-0", ["b", "c"]),
      round.subscribe("one-0", ["a", "c"]),
    ];
    const [a, b, c] = ["a", "b", "c"].map((name, i) =>
      round.publish(`one-${i + 1}`, { ownId: name, topics: [name], publisher: i }),
    ) as [PublishedEvent, PublishedEvent, PublishedEvent];
    subscribers[0]?.receives(a, b);
    subscribers[1]?.receives(b, c);
    subscribers[2]?.receives(c, a);
    expect(round.violations()).toEqual(["out of order"]);
  });

  it("finds a publisher's events that the log has in another order than the calls", () => {
    const round = new MadeRound();
    round.publish("one-2");
    round.publish("one-1");
    expect(round.violations()).toEqual(["out of order"]);
  });
});
