import { expect, it } from "vitest";
import { PublishedEvents } from "../../../src/channel/publish/published-events.ts";

it("counts an event of this process once, in the channel and in the Sluice", () => {
  const total = { published: 5 };
  const published = new PublishedEvents(total);
  expect(published.add("life", 1)).toBe("life-1");
  expect(published.add("life", 3)).toBe("life-3");
  expect(published.count).toBe(2);
  expect(total.published).toBe(7);
});

it("does not count an event that the log already had", () => {
  const published = new PublishedEvents({ published: 0 });
  published.add("life", 3);
  expect(published.add("life", 2)).toBe("life-2");
  expect(published.add("life", 3)).toBe("life-3");
  expect(published.count).toBe(1);
});

it("counts the first offsets of a new life as new events", () => {
  const published = new PublishedEvents({ published: 0 });
  published.add("life", 3);
  published.add("next", 1);
  expect(published.count).toBe(2);
});
