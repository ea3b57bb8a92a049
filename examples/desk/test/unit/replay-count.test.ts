import { expect, test } from "vitest";
import { ReplayCount } from "../../page/src/streams/replay-count.ts";

test("events up to the position at which the connection was opened are replayed, those after it are live", () => {
  const replay = new ReplayCount();
  replay.tell("a1-3");
  for (const id of ["a1-2", "a1-3", "a1-4"]) replay.take(id);
  expect(replay.count).toBe(2);
});

test("events that came before the position was told are counted when it is", () => {
  const replay = new ReplayCount();
  for (const id of ["a1-2", "a1-3", "a1-4"]) replay.take(id);
  expect(replay.count).toBeUndefined();
  replay.tell("a1-3");
  expect(replay.count).toBe(2);
});

test("events of another life of the log, or without an ID, are not replayed ones", () => {
  const replay = new ReplayCount();
  replay.tell("a1-3");
  for (const id of ["b2-1", "", "order-1"]) replay.take(id);
  expect(replay.count).toBe(0);
});

test("where there is no channel nothing can be replayed, and no number is made up", () => {
  const replay = new ReplayCount();
  replay.take("");
  replay.tell(null);
  expect(replay.count).toBeUndefined();
});
