import { expect, it } from "vitest";
import { OwnBeats } from "../../src/cluster/own-beats.ts";

it("beats that arrive together count once", () => {
  const beats = new OwnBeats(100, 400);
  expect([1_000, 1_001, 1_049, 1_050, 1_150].map((now) => beats.record(now))).toEqual([true, false, false, true, true]);
});

it("a node is steady once its beats have been in time for a timeout, and begins anew after a late one", () => {
  const beats = new OwnBeats(100, 400);
  expect(beats.isSteady(0)).toBe(false);
  for (let now = 0; now <= 400; now += 100) beats.record(now);
  expect(beats.isSteady(400)).toBe(false);
  expect(beats.isSteady(401)).toBe(true);
  expect(beats.isInTime(549)).toBe(true);
  expect(beats.isInTime(550)).toBe(false);
  expect(beats.isSteady(550)).toBe(false);
  beats.record(600);
  expect(beats.isInTime(600)).toBe(true);
  expect(beats.isSteady(600)).toBe(false);
});
