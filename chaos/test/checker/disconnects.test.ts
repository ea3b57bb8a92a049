import { describe, expect, it } from "vitest";
import { MadeRound } from "../support/made-round.ts";

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
    const round = new MadeRound();
    const { number } = round.connect("ann");
    round.disconnect("ann", "node 2.1", { whileQuiet: true });
    round.history.endConnection(number, "error");
    expect(round.violations()).toEqual(["disconnect"]);
  });

  it("finds a stream that was disconnected without a call, and a call without an answer", () => {
    const round = new MadeRound();
    round.history.endConnection(round.connect("ann").number, "disconnected");
    round.history.addDisconnect("ann", "node 1.1");
    expect(round.violations()).toEqual(["disconnect", "disconnect"]);
  });
});
