import { describe, expect, it } from "vitest";
import { MadeRound } from "../support/made-round.ts";

describe("the checker of events that were published at once", () => {
  it("finds an event of another publisher between them", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    const [first, , last] = round.publishAll("one-1", 3);
    const other = round.publish("one-2", { publisher: 1 });
    subscriber.receives(first!, other, last!);
    expect(round.violations()).toEqual(expect.arrayContaining(["torn", "torn"]));
  });

  it("finds a subscriber that receives only the first, or only the last of them", () => {
    for (const kept of [0, 2]) {
      const round = new MadeRound();
      const subscriber = round.subscribe("one-0");
      const batch = round.publishAll("one-1", 3);
      const after = round.publish("one-4");
      subscriber.receives(batch[kept]!, after);
      expect(round.violations()).toContain("torn");
    }
  });

  it("accepts whole calls, for all and for some, also after a reconnect in the middle", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0", ["a"]);
    const [one, two] = [round.publishAll("one-1", 3, ["a"]), round.publishAll("one-4", 2, ["b"])];
    const last = round.publish("one-6");
    subscriber.receives(one[0]!, one[1]!).reconnects("one-2").receives(one[2]!, last);
    round.subscribe("one-0", ["b"]).receives(...two, last);
    expect(round.violations()).toEqual([]);
  });

  it("accepts a gap that hides some of them", () => {
    const round = new MadeRound({ retained: 2 });
    const subscriber = round.subscribe("one-0");
    const batch = round.publishAll("one-1", 4);
    subscriber.receives(batch[0]!).receivesGap("trimmed", "one-2").receives(batch[2]!, batch[3]!);
    expect(round.violations()).toEqual([]);
  });

  it("finds that the first events of a life are missing after a gap: nothing comes before them", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.delete();
    round.beginLife("two");
    const batch = round.publishAll("two-1", 3);
    subscriber.receivesGap("deleted", "two-0").receives(batch[1]!, batch[2]!);
    expect(round.violations()).toContain("torn");
  });
});
