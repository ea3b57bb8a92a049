// @ts-check
import assert from "node:assert/strict";

/** A client that reconnects receives what it missed, then what follows, each once. */
export const resume = {
  name: "resume",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const ada = await site.signIn("ada");
    const first = await ada.open("/api/news");
    const known = await ada.publish("known");
    assert.equal((await first.next()).lastEventId, known);
    first.leave();
    const missed = [await ada.publish("missed 1"), await ada.publish("missed 2")];
    const again = await ada.open("/api/news", known);
    const next = await ada.publish("next");
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await again.next()).lastEventId);
    assert.deepEqual(ids, [...missed, next]);
    // Before its first event, a stream has a position already.
    const quiet = await ada.open("/api/news");
    const seen = await ada.publish("seen");
    await quiet.next();
    quiet.leave();
    assert.equal(quiet.lastEventId, seen);
  },
};
