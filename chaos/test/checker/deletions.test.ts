import { describe, expect, it } from "vitest";
import { check } from "../../checker/check.mjs";
import { MadeRound } from "../support/made-round.ts";

describe("the checker of a channel that is deleted", () => {
  it("accepts that subscribers receive the events of each life, with a gap between", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    subscriber.receives(round.publish("one-1"), round.publish("one-2"));
    round.delete();
    round.beginLife("two");
    subscriber.receivesGap("deleted", "two-0").receives(round.publish("two-1"));
    expect(check(round.history)).toMatchObject({ deleted: 1, violations: [] });
  });

  it("accepts that a gap covers events of the deleted life, and lives that a subscriber never saw", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.publish("one-1");
    round.delete();
    round.beginLife("two");
    round.publish("two-1");
    round.delete();
    round.beginLife("three");
    subscriber.receivesGap("deleted", "three-0").receives(round.publish("three-1"));
    expect(round.violations()).toEqual([]);
  });

  it("accepts that a call that was rejected deletes the channel later", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.delete("no answer within 1500 ms");
    subscriber.receives(round.publish("one-1"));
    round.beginLife("two");
    subscriber.receivesGap("deleted", "two-0").receives(round.publish("two-1"));
    expect(round.violations()).toEqual([]);
  });

  it("accepts that an own ID comes again in the next life, if its publisher repeated it there", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    const event = round.publish("one-1", { ownId: "own" });
    subscriber.receives(event);
    round.delete();
    round.beginLife("two");
    round.publishAgain(event, 1, "two");
    subscriber.receivesGap("deleted", "two-0").receives(event);
    expect(check(round.history)).toMatchObject({ again: 1, violations: [] });
  });

  it("finds an event of the next life that never came", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.delete();
    round.beginLife("two");
    subscriber.receivesGap("deleted", "two-0");
    round.publish("two-1");
    subscriber.receives(round.publish("two-2"));
    expect(round.violations()).toEqual(["lost"]);
  });

  it("finds an event of a life that was not deleted and that no gap covers", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.publish("one-1");
    subscriber.receives(round.publish("one-2"));
    round.delete();
    round.beginLife("two");
    subscriber.receivesGap("deleted", "two-0");
    expect(round.violations()).toEqual(["lost"]);
  });

  it("finds a subscriber that came to the next life without a gap, from a position or an event", () => {
    const round = new MadeRound();
    const [one, other] = [round.subscribe("one-0"), round.subscribe("one-0")];
    const first = round.publish("one-1");
    round.delete();
    round.beginLife("two");
    const second = round.publish("two-2");
    one.receives(first, second);
    other.receives(first).reconnects("one-1").sees({ kind: "position", id: "two-1" }).receives(second);
    expect(round.violations()).toEqual(["deletion", "deletion"]);
  });

  it("finds an event of the deleted life after the gap", () => {
    const round = new MadeRound();
    const [one, other] = [round.subscribe("one-0"), round.subscribe("one-0")];
    const [event, own] = [round.publish("one-1"), round.publish("one-2", { ownId: "own" })];
    round.delete();
    round.beginLife("two");
    for (const subscriber of [one, other]) subscriber.receivesGap("deleted", "two-0");
    one.receives(event);
    other.receives(own);
    expect(round.violations().filter((kind) => kind === "deletion")).toHaveLength(2);
  });

  it("finds an event that came before the deletion and again after it", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    const event = round.publish("one-1");
    subscriber.receives(event);
    round.delete();
    round.beginLife("two");
    subscriber.receivesGap("deleted", "two-0").receivesAs("two-1", event);
    expect(round.violations()).toContain("duplicated");
  });

  it("finds a deletion that resolved and left the events", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    const before = round.publish("one-1");
    round.delete();
    subscriber.receives(before, round.publish("one-2"));
    expect(round.violations()).toEqual(["deletion"]);
  });

  it("finds a life that held the deleted events under another epoch", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    const before = round.publish("one-1");
    round.delete();
    round.beginLife("two", { one: 1 });
    subscriber.receives(before, round.publish("two-2"));
    expect(round.violations()).toEqual(["deletion"]);
  });

  it("finds a life that ended although its first event was published after the deletion", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.publish("one-1");
    round.delete();
    round.beginLife("two");
    subscriber.receivesGap("deleted", "two-0").receives(round.publish("two-1"));
    round.beginLife("three");
    subscriber.receivesGap("deleted", "three-0").receives(round.publish("three-1"));
    expect(round.violations()).toEqual(["deletion"]);
  });
});

describe("the checker of gaps of a channel that is deleted", () => {
  it("finds a gap without a deletion", () => {
    const round = new MadeRound({ retained: 1 });
    const subscriber = round.subscribe("one-0");
    for (const offset of [1, 2]) round.publish(`one-${offset}`);
    round.beginLife("two");
    subscriber.receivesGap("deleted", "two-0");
    expect(round.violations()).toEqual(["needless gap"]);
  });

  it("finds a gap although the subscriber was in the next life already", () => {
    const round = new MadeRound();
    round.delete();
    round.beginLife("two");
    round.subscribe("two-0").receivesGap("deleted", "two-0");
    expect(round.violations()).toEqual(["needless gap"]);
  });

  it("finds a gap that skips events of the next life", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.delete();
    round.beginLife("two");
    round.publish("two-1");
    subscriber.receivesGap("deleted", "two-1").receives(round.publish("two-2"));
    expect(round.violations()).toEqual(["needless gap"]);
  });

  it("finds a gap that does not say that the channel was deleted", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.delete();
    round.beginLife("two");
    subscriber.receivesGap("other-epoch", "two-0");
    expect(round.violations()).toEqual(["needless gap"]);
  });

  it("accepts that the log forgot the deletion, because a later one has its slot", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.delete();
    round.beginLife("lone");
    round.delete();
    round.beginLife("three");
    subscriber.receivesGap("other-epoch", "three-0");
    expect(round.violations()).toEqual([]);
  });

  it("accepts that the store restarted between the position and the deletion", () => {
    const round = new MadeRound();
    const subscriber = round.subscribe("one-0");
    round.beginLife("two", { one: 0 });
    round.delete();
    round.beginLife("three");
    subscriber.receivesGap("other-epoch", "three-0");
    expect(round.violations()).toEqual([]);
  });

  it("accepts that no process reported the life between the restart of the store and the deletion", () => {
    const gapAfter = (restarts: "before" | "after") => {
      const round = new MadeRound();
      const restart = () => round.history.restarts.push({ began: round.history.tick(), ended: round.history.tick() });
      if (restarts === "before") restart();
      round.delete();
      round.beginLife("two");
      const subscriber = round.subscribe("two-0");
      if (restarts === "after") restart();
      round.delete();
      round.beginLife("three");
      subscriber.receivesGap("other-epoch", "three-0");
      return round.violations();
    };
    expect(gapAfter("after")).toEqual([]);
    expect(gapAfter("before")).toContain("needless gap");
  });
});
