// @ts-check
import assert from "node:assert/strict";

/** Lines of a server that something went wrong. */
const TROUBLE = /^.*(\bERR_|[Ee]rror\b|Unhandled|unhandled|Warning:).*$/gm;

/** The server has printed no error and no warning in all steps. */
export const quiet = {
  name: "no errors",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const { notice } = site.fixture;
    const lines = (site.server.output.match(TROUBLE) ?? []).filter((line) => !notice?.test(line));
    assert.deepEqual([...new Set(lines)].slice(0, 10), [], "the server printed");
  },
};
