// @ts-check
import assert from "node:assert/strict";

/** An error of a stream's source reaches the error handling of the framework, which answers with its status. */
export const errors = {
  name: "errors",
  /** @param {import("../site.mjs").Site} site */
  isFor: (site) => site.mode.fails === true,
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const ada = await site.signIn("ada");
    const json = (await ada.send("GET", "/health")).headers;
    const failed = await ada.send("GET", "/api/failing");
    assert.deepEqual([failed.status, failed.json()], [418, { handled: "Failing." }]);
    const lost = (site.mode.headers ?? []).filter((name) => json.has(name) && !failed.headers.has(name));
    assert.deepEqual(lost, [], "missing on the error");
    assert.equal(await site.streams(), 0);
  },
};
