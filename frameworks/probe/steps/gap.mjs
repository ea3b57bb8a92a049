// @ts-check
import assert from "node:assert/strict";

/** More than the channel of a fixture keeps. */
const MORE_THAN_KEPT = 101;

/** A client that can no longer receive what it missed receives a gap event, and then what follows. */
export const gap = {
  name: "gap",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const ada = await site.signIn("ada");
    const trimmed = await ada.publish("trimmed");
    const batches = Array.from({ length: Math.ceil(MORE_THAN_KEPT / 10) }, () => Array.from({ length: 10 }));
    for (const batch of batches) await Promise.all(batch.map(() => ada.publish("more")));
    for (const lastEventId of [trimmed, "anotherlog-7", "nonsense"]) {
      const stream = await ada.open("/api/news", lastEventId);
      const { type, data } = await stream.next();
      assert.equal(type, "gap", `after the last event ID ${lastEventId}`);
      assert.equal(JSON.parse(data).lastEventId, lastEventId);
      const text = `after ${lastEventId}`;
      await ada.publish(text);
      let event = await stream.next();
      while (JSON.parse(event.data).text !== text) event = await stream.next();
      stream.leave();
    }
  },
};
