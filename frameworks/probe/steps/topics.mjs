// @ts-check
import assert from "node:assert/strict";

/** A user receives the news for everybody and for that user: live, and replayed. */
export const topics = {
  name: "topics",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const [ada, bob] = [await site.signIn("ada"), await site.signIn("bob")];
    const streams = { ada: await ada.open("/api/news"), bob: await bob.open("/api/news") };
    const start = await ada.publish("start");
    await ada.publish("for Bob", "bob");
    await bob.publish("for Ada", "ada");
    await ada.publish("for all");
    const expected = { ada: ["start", "for Ada", "for all"], bob: ["start", "for Bob", "for all"] };
    assert.deepEqual({ ada: await texts(streams.ada), bob: await texts(streams.bob) }, expected);
    const replayed = { ada: await ada.open("/api/news", start), bob: await bob.open("/api/news", start) };
    assert.deepEqual(
      { ada: await texts(replayed.ada), bob: await texts(replayed.bob) },
      { ada: expected.ada.slice(1), bob: expected.bob.slice(1) },
    );
  },
};

/** The texts of the events up to "for all". @param {import("../event-stream.mjs").EventStream} stream */
async function texts(stream) {
  const received = [];
  while (received.at(-1) !== "for all") received.push(JSON.parse((await stream.next()).data).text);
  return received;
}
