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
    const knows = async (/** @type {number} */ count) => (await site.streams()) === before + count;
    await eventually(NOTICE_TIMEOUT_MS, "the server to know 3 streams", () => knows(3));
    for (const stream of streams) stream.leave();
    await eventually(timeoutOf(site), "the server to know no stream", () => knows(0));
  },
};

/**
 * Waits until the streams of earlier steps are gone, and returns the number of those that are not.
 * @param {import("../site.mjs").Site} site
 */
async function settled(site) {
  await eventually(timeoutOf(site), "no stream", async () => (await site.streams()) === 0).catch(() => {});
  return site.streams();
}

/** @param {import("../site.mjs").Site} site */
function timeoutOf(site) {
  return site.fixture.noticeTimeout ?? NOTICE_TIMEOUT_MS;
}
