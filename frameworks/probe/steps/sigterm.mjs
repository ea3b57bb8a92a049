// @ts-check
import assert from "node:assert/strict";

const EXIT_TIMEOUT_MS = 10_000;

/** SIGTERM with open streams ends the process in time. In production the streams end in order, and so does the process. */
export const sigterm = {
  name: "SIGTERM",
  timeout: 30_000,
  /** @param {import("../site.mjs").Site} site @param {string} mode */
  async run(site, mode) {
    const ada = await site.signIn("ada");
    const streams = [await ada.open("/api/news"), await ada.open("/api/news"), await site.open("/api/clock")];
    site.server.signal("SIGTERM");
    const end = await site.server.exit(EXIT_TIMEOUT_MS);
    const ends = await Promise.all(streams.map((stream) => stream.rest()));
    if (mode !== "production") return;
    assert.deepEqual(
      ends.map((stream) => stream.end),
      ["complete", "complete", "complete"],
      "the streams end in order",
    );
    assert.ok(["SIGTERM", 143, 0].includes(end ?? ""), `the process ended with ${end}`);
  },
};
