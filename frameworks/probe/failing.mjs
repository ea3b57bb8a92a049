// @ts-check
import assert from "node:assert/strict";

/**
 * A step of frameworks whose functions for a refusal throw, such as `redirect()`. In a source function of a stream with
 * `throws: "errors"` they do what they do elsewhere. The fixture has them at `GET /failing`.
 */
export const failing = {
  name: "errors of the framework",
  /** @param {import("./site.mjs").Site} site */
  async run(site) {
    const json = (await site.send("GET", "/health")).headers;
    const missing = await site.send("GET", "/failing");
    assert.equal(missing.status, 404);
    assert.doesNotMatch(missing.headers.get("content-type") ?? "", /event-stream/);
    assert.equal(missing.headers.has("x-request-id"), json.has("x-request-id"));
    const moved = await site.send("GET", "/failing", { headers: { "x-redirect": "1" } });
    assert.deepEqual(
      [moved.status, new URL(moved.headers.get("location") ?? "", site.origin).pathname],
      [307, "/login"],
    );
    assert.equal(await site.streams(), 0);
  },
};
