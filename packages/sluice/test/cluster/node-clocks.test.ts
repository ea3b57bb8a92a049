import fc from "fast-check";
import { expect, it } from "vitest";
import { NodeClocks } from "../../src/cluster/node-clocks.ts";

/** The clock of the other node is this far ahead of this node's, in ms. */
const AHEAD = 1_000_000;
/** A moment in the past of wall clocks: the wall clock of the other node is wrong by years. */
const WRONG_TIME = 0;

function moment(at: number, seen?: { epoch: string; offset: number }) {
  return { at: at + AHEAD, time: WRONG_TIME, seen };
}

it("a moment of another node is placed no earlier than it was, and late by the fastest delivery of a beat", () => {
  const beats = fc.array(fc.record({ wait: fc.nat(5_000), delay: fc.nat(300) }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(beats, fc.nat(5_000), (sent, later) => {
      const clocks = new NodeClocks();
      let now = 0;
      for (const { wait, delay } of sent) {
        now += wait + delay;
        clocks.recordBeat("other", now - delay + AHEAD, now);
      }
      const given = now + 1;
      const fastest = Math.min(...sent.map(({ delay }) => delay));
      const placed = clocks.latest("other", moment(given), given + later);
      expect(placed).toBeGreaterThanOrEqual(given);
      // The clocks may run apart by a thousandth.
      expect(placed).toBeLessThanOrEqual(given + fastest + (given + later) / 1_000);
    }),
  );
});

it("a moment is placed after the newest own beat that the other node had received, even if clocks are wrong", () => {
  const clocks = new NodeClocks();
  clocks.recordBeat("other", AHEAD, 0);
  for (let n = 1; n <= 100; n++) clocks.recordOwnBeat({ epoch: "e", offset: n * 10 }, n * 1_000);
  // The clock of the other node was paused with its machine.
  const placed = (offset: number, epoch = "e") => clocks.latest("other", moment(-50_000, { epoch, offset }), 200_000);
  expect(placed(990)).toBe(99_000);
  expect(placed(999)).toBe(99_000);
  expect(placed(5_000)).toBe(100_000);
  expect(placed(5_000, "another life")).toBeLessThan(0);
});

it("a moment of an unknown node is placed by the wall clocks, and never in the future", () => {
  const clocks = new NodeClocks();
  const now = 1_000_000;
  const placed = clocks.latest("unknown", { at: 0, time: Date.now() - 60_000 }, now);
  expect(placed).toBeGreaterThanOrEqual(now - 60_000);
  expect(placed).toBeLessThan(now - 59_000);
  expect(clocks.latest("unknown", { at: 0, time: Date.now() + 60_000 }, now)).toBe(now);
});
