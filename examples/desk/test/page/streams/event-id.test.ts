import { expect, it } from "vitest";
import { joinCombinedId, splitCombinedId } from "../../../page/src/streams/event-id.ts";

it("splits the ID of a combined stream into the IDs of its parts", () => {
  const id = "orders.l3k2-42~notifications.m4-17";
  expect(splitCombinedId(id)).toEqual({ orders: "l3k2-42", notifications: "m4-17" });
  expect(joinCombinedId(splitCombinedId(id))).toBe(id);
});

it("finds no part in the ID of a single channel, or in none", () => {
  expect(splitCombinedId("l3k2-42")).toEqual({});
  expect(splitCombinedId("")).toEqual({});
});

it("leaves out a part without an ID, so that it begins where its server says", () => {
  expect(joinCombinedId({ orders: "l3k2-42", notifications: "" })).toBe("orders.l3k2-42");
});
