import { expect, it } from "vitest";
import { History } from "../history.mjs";

it("puts a life in order that a process reports late, after the next life", () => {
  const history = new History();
  history.addLife("one", {}, "node 1.1");
  history.addLife("one", {}, "node 2.1");
  history.addLife("three", { one: -1 }, "node 2.1");
  // Node 1 stood still in the life two.
  history.addLife("two", { one: -1 }, "node 1.1");
  history.addLife("three", { one: -1, two: -1 }, "node 1.1");
  expect(history.lives.map(({ epoch }) => epoch)).toEqual(["one", "two", "three"]);
});

it("counts the ticks of all channels together, and records the losses of their store once", () => {
  const history = new History();
  const doc = history.ofChannel("doc");
  expect([history.tick(), doc.tick(), history.tick()]).toEqual([1, 2, 3]);
  history.losses.push({ began: 1, ended: 2 });
  expect(doc.losses).toHaveLength(1);
});
