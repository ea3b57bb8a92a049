// @ts-check
import assert from "node:assert/strict";

/** Lines of a build that come from Sluice: it evaluates the application, and must not report anything. */
const REPORT = /^.*(sluice: |SluiceError).*$/gm;
/** Lines of a server that report a mistake. */
const TROUBLE = /^.*(\bERR_|[Ee]rror\b|Unhandled|unhandled|Warning:).*$/gm;

/** The server has printed no error and no warning, and Sluice has printed nothing in the build. */
export const quiet = {
  name: "no errors",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const { notice } = site.fixture;
    const all = [...(site.built.match(REPORT) ?? []), ...(site.server.output.match(TROUBLE) ?? [])];
    const printed = [...new Set(all.filter((line) => !notice?.test(line)))].slice(0, 10);
    assert.deepEqual(printed, [], `the build or the server printed: ${printed.join(" | ")}`);
  },
};
