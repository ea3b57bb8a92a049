// @ts-check
import assert from "node:assert/strict";

/** A job's followers receive its progress and its end; a client that reconnects after the end is answered with 204. */
export const job = {
  name: "job",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const [ada, bob] = [await site.signIn("ada"), await site.signIn("bob")];
    const id = await ada.startJob();
    const path = `/api/exports/${id}`;
    const stream = await ada.open(path);
    const { events, end } = await stream.rest(10_000);
    assert.equal(end, "complete");
    const types = events.map(({ type }) => type);
    assert.deepEqual([types.at(0), types.at(-1)], ["progress", "completed"]);
    assert.deepEqual(JSON.parse(events.at(-1)?.data ?? ""), { downloadUrl: `${path}/download` });
    const headers = { accept: "text/event-stream", "last-event-id": stream.lastEventId };
    assert.equal((await ada.send("GET", path, undefined, headers)).status, 204, "after the last event");
    assert.equal((await bob.send("GET", path)).status, 404, "to another user");
    assert.equal((await ada.send("GET", "/api/exports/unknown")).status, 404, "for an unknown job");
  },
};
