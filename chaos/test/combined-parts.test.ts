import { expect, it } from "vitest";
import { positionIn, SideWatch } from "../clients/combined-parts.mjs";

const event = (node: string, number: number) => JSON.stringify({ node, number });

it("finds the position of each part in a combined ID", () => {
  expect(positionIn("main.l3k2-42~side.l3k2-17", "main")).toBe("l3k2-42");
  expect(positionIn("main.l3k2-42~side.l3k2-17", "side")).toBe("l3k2-17");
  expect(positionIn("side.gap", "side")).toBe("gap");
  expect(positionIn("side.l3k2-17", "main")).toBe("");
  expect(positionIn("", "main")).toBe("");
});

it("reports events of the second channel that come twice or in another order", () => {
  const faults: string[] = [];
  const watch = new SideWatch("subscriber 1", { mayHaveGaps: true, faults });
  for (const number of [1, 2, 4]) watch.receive(event("a", number));
  watch.receive(event("b", 1));
  expect(faults).toEqual([]);
  watch.receive(event("a", 4));
  watch.receive(event("a", 3));
  expect(faults).toEqual([
    "subscriber 1: side event 4 of a came after 4",
    "subscriber 1: side event 3 of a came after 4",
  ]);
  expect(watch.received).toBe(6);
});

it("reports a gap of the second channel if no event can be lost, and else begins anew after it", () => {
  const faults: string[] = [];
  const sound = new SideWatch("subscriber 1", { mayHaveGaps: false, faults });
  sound.gap("{}");
  expect(faults).toEqual(["subscriber 1: a gap of the side channel without a loss: {}"]);
  const lossy = new SideWatch("subscriber 2", { mayHaveGaps: true, faults });
  lossy.receive(event("a", 5));
  lossy.gap("{}");
  lossy.receive(event("a", 5));
  expect(faults).toHaveLength(1);
});
