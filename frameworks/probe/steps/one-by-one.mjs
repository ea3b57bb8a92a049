// @ts-check
import assert from "node:assert/strict";

/** Each event arrives before the next one is published, or before an iterable makes the next one. */
export const oneByOne = {
  name: "one by one",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const ada = await site.signIn("ada");
    const news = await ada.open("/api/news");
    for (const text of ["first", "second", "third"]) {
      const id = await ada.publish(text);
      const { type, data, lastEventId } = await news.next();
      assert.deepEqual(
        { type, data: JSON.parse(data), lastEventId },
        { type: "posted", data: { text }, lastEventId: id },
      );
    }
    const clock = await site.open("/api/clock");
    const ticks = [];
    for (let i = 0; i < 3; i++) {
      const { type, data } = await clock.next();
      assert.equal(type, "tick");
      ticks.push({ made: JSON.parse(data).at, arrived: Date.now() });
    }
    ticks.reduce((earlier, tick, i) => {
      assert.ok(earlier.arrived <= tick.made, `tick ${i} arrived after tick ${i + 1} was made`);
      return tick;
    });
  },
};
