// @ts-check
import { eventually } from "../within.mjs";

/** Less than a heartbeat: the server must notice the end of the connection, not fail to write to it. */
const NOTICE_TIMEOUT_MS = 6_000;

/** The server notices that a client has left, also on a quiet stream. */
export const disconnect = {
  name: "disconnect",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const ada = await site.signIn("ada");
    const before = await settled(site);
    const streams = [await ada.open("/api/news"), await ada.open("/api/news"), await site.open("/api/clock")];
    await eventually(
      NOTICE_TIMEOUT_MS,
      "the server to know 3 streams",
      async () => (await site.streams()) === before + 3,
    );
    for (const stream of streams) stream.leave();
    await eventually(NOTICE_TIMEOUT_MS, "the server to know no stream", async () => (await site.streams()) === before);
  },
};

/**
 * Waits until the streams of earlier steps are gone, and returns the number of those that are not.
 * @param {import("../site.mjs").Site} site
 */
async function settled(site) {
  await eventually(NOTICE_TIMEOUT_MS, "no stream", async () => (await site.streams()) === 0).catch(() => {});
  return site.streams();
}
