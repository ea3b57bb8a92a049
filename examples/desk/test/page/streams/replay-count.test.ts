import { expect, it } from "vitest";
import { ReplayCount } from "../../../page/src/streams/replay-count.ts";

it("counts events up to the position at the opening as replayed, and later events as live", () => {
  const replay = new ReplayCount();
  replay.setPosition("a1-3");
  for (const id of ["a1-2", "a1-3", "a1-4"]) replay.add(id);
  expect(replay.count).toBe(2);
});

it("counts events that arrived before the position was known", () => {
  const replay = new ReplayCount();
  for (const id of ["a1-2", "a1-3", "a1-4"]) replay.add(id);
  expect(replay.count).toBeUndefined();
  replay.setPosition("a1-3");
  expect(replay.count).toBe(2);
});

it("does not count events of another epoch, or whose ID is not `<epoch>-<offset>`", () => {
  const replay = new ReplayCount();
  replay.setPosition("a1-3");
  for (const id of ["b2-1", "", "order-1"]) replay.add(id);
  expect(replay.count).toBe(0);
});

it("has no count for a stream without a channel", () => {
  const replay = new ReplayCount();
  replay.add("");
  replay.setPosition(null);
  expect(replay.count).toBeUndefined();
});
