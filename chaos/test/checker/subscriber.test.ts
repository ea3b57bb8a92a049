import { describe, expect, it } from "vitest";
import { hasReceived } from "../../checker/subscriber.mjs";
import { MadeRound } from "../support/made-round.ts";

describe("the checker of a subscriber", () => {
  it("finds an event that is for other topics", () => {
    const round = new MadeRound();
    round.subscribe("one-0", ["b"]).receives(round.publish("one-1", { topics: ["a"] }));
    expect(round.violations()).toEqual(["foreign"]);
  });

  it("finds an event that was never published, or that was changed", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    subscriber.sees({ kind: "event", id: "one-1", key: 7, intact: true });
    const event = round.publish("one-2");
    subscriber.sees({ kind: "event", id: "one-2", key: event.key, intact: false });
    expect(round.violations()).toEqual(["foreign", "foreign"]);
  });

  it("knows if the subscriber has received an event", () => {
    const round = new MadeRound();
    const [first, second] = [round.publish("one-1"), round.publish("one-2")];
    round.subscribe("one-0").receives(first);
    const [record] = round.history.subscribers;
    expect([first, second].map(({ key }) => hasReceived(record!, key))).toEqual([true, false]);
  });
});
