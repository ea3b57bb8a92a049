// @ts-check
import assert from "node:assert/strict";
import { eventually } from "../within.mjs";

const EXIT_TIMEOUT_MS = 10_000;

/**
 * SIGTERM with open streams ends the process in time. In production the streams end in order, and so does the process.
 * A server for development receives Ctrl-C, as from a terminal, and ends with all its processes.
 */
export const sigterm = {
  name: "SIGTERM",
  timeout: 30_000,
  /** @param {import("../site.mjs").Site} site @param {string} mode */
  async run(site, mode) {
    const ada = await site.signIn("ada");
    const streams = [await ada.open("/api/news"), await ada.open("/api/news"), await site.open("/api/clock")];
    if (mode === "development") {
      site.server.interrupt();
      await eventually(EXIT_TIMEOUT_MS, "all processes to end", () => !site.server.isGroupAlive);
      await Promise.all(streams.map((stream) => stream.rest()));
      return;
    }
    site.server.signal("SIGTERM");
    const end = await site.server.exit(EXIT_TIMEOUT_MS);
    const ends = (await Promise.all(streams.map((stream) => stream.rest()))).map((stream) => stream.end);
    assert.deepEqual(ends, ["complete", "complete", "complete"], "the streams end in order");
    assert.ok(["SIGTERM", 143, 0].includes(end ?? ""), `the process ended with ${end}`);
  },
};
