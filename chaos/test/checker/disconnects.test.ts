import { describe, expect, it } from "vitest";
import { MadeRound, NODE } from "../support/made-round.ts";

describe("the checker of disconnects", () => {
  it("accepts a stream that ended otherwise before the disconnect, and an open stream of another user", () => {
    const round = new MadeRound();
    const [mine, other] = [round.connect("ann"), round.connect("bob")];
    round.disconnect("ann", "node 2.1");
    round.history.endConnection(mine.number, "client");
    expect(round.violations()).toEqual([]);
    expect(other.ended).toBeUndefined();
  });

  it("accepts an open stream if the log lost the disconnect, or if the call was rejected", () => {
    const lossy = new MadeRound({ storeLostData: true });
    lossy.connect("ann");
    lossy.disconnect("ann", "node 2.1");
    lossy.loseData();
    const rejected = new MadeRound();
    rejected.connect("ann");
    rejected.disconnect("ann", "node 2.1", { error: "out of reach" });
    expect([...lossy.violations(), ...rejected.violations()]).toEqual([]);
  });

  it("finds an open stream after a disconnect on all nodes, or on the stream's own node", () => {
    const round = new MadeRound();
    round.connect("ann");
    round.disconnect("ann", "node 2.1");
    round.disconnect("ann", "node 1.1", { error: "out of reach" });
    expect(round.violations()).toEqual(["disconnect", "disconnect"]);
  });

  it("finds a stream that ended otherwise than by the disconnect, while no fault was active", () => {
    for (const reason of ["error", "client"]) {
      const round = new MadeRound();
      const { number } = round.connect("ann");
      round.disconnect("ann", "node 2.1", { quietSince: 1 });
      round.history.endConnection(number, reason);
      expect(round.violations()).toEqual(["disconnect"]);
    }
  });

  it("accepts a stream that its subscriber left, while no fault was active", () => {
    const round = new MadeRound();
    const connection = round.connect("ann");
    round.disconnect("ann", "node 2.1", { quietSince: 1 });
    round.history.endConnection(connection.number, "client");
    connection.isLeft = true;
    expect(round.violations()).toEqual([]);
  });

  it("accepts a stream that failed while its node had reported that the log is out of reach, and no other", () => {
    const failsAfter = (...outages: [node: string, isOver: boolean][]) => {
      const round = new MadeRound();
      const { number } = round.connect("ann");
      for (const outage of outages) round.history.addOutage(...outage);
      round.disconnect("ann", "node 2.1", { quietSince: round.history.tick() });
      round.history.endConnection(number, "error");
      return round.violations();
    };
    expect(failsAfter([NODE, false])).toEqual([]);
    expect(failsAfter([NODE, false], [NODE, true])).toEqual(["disconnect"]);
    expect(failsAfter(["node 3.1", false])).toEqual(["disconnect"]);
  });

  it("finds a stream that was disconnected without a call, and a call without an answer", () => {
    const round = new MadeRound();
    round.history.endConnection(round.connect("ann").number, "disconnected");
    round.history.addDisconnect("ann", "node 1.1");
    expect(round.violations()).toEqual(["disconnect", "disconnect"]);
  });
});
