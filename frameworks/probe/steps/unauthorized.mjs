// @ts-check
import assert from "node:assert/strict";

/** Without a credential, or with a wrong one, a stream is answered with 401. */
export const unauthorized = {
  name: "401",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    for (const headers of [{}, { cookie: "session=forged; connect.sid=s%3Aforged.x" }]) {
      const { status, headers: received } = await site.send("GET", "/api/news", {
        headers: { accept: "text/event-stream", ...headers },
      });
      assert.equal(status, 401);
      assert.doesNotMatch(received.get("content-type") ?? "", /event-stream/);
    }
  },
};
