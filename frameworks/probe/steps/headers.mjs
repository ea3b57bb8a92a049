// @ts-check
import assert from "node:assert/strict";

/** Headers that belong to one answer: its type, its length, its connection, its time. */
const OWN = /^(content-(type|length)|transfer-encoding|connection|keep-alive|date|etag|cache-control|vary)$/;

/** A stream carries every header that a JSON answer of the same application carries, and every cookie. */
export const headers = {
  name: "headers",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const ada = await site.signIn("ada");
    const json = (await ada.send("GET", "/health")).headers;
    const configured = [...site.fixture.headers, ...(site.mode.headers ?? [])];
    assert.deepEqual(missing(configured, json), [], "missing on GET /health");
    const expected = [...json.keys()].filter((name) => !OWN.test(name));
    for (const path of ["/api/news", "/api/clock"]) {
      const stream = await ada.open(path);
      assert.deepEqual(missing(expected, stream.headers), [], `missing on GET ${path}`);
      assert.deepEqual(cookies(stream.headers), cookies(json), `cookies of GET ${path}`);
    }
    if (site.mode.compresses) await staysPlain(site, ada);
  },
};

/**
 * A middleware that compresses leaves a stream alone, or its events arrive one by one.
 * @param {import("../site.mjs").Site} site
 * @param {import("../site.mjs").User} ada
 */
async function staysPlain(site, ada) {
  const gzip = { "accept-encoding": "gzip" };
  const json = await ada.send("GET", "/health", undefined, gzip);
  assert.equal(json.headers.get("content-encoding"), "gzip", "JSON is compressed");
  const stream = await site.open("/api/clock", { headers: gzip });
  assert.equal(stream.headers.get("content-encoding"), null, "a stream is not compressed");
  for (let i = 0; i < 2; i++) assert.equal((await stream.next()).type, "tick");
}

/** A refusal carries them too: otherwise a page elsewhere sees a network error, and tries for ever. */
export const refusals = {
  name: "headers of refusals",
  /** @param {import("../site.mjs").Site} site */
  async run(site) {
    const ada = await site.signIn("ada");
    const json = (await ada.send("GET", "/health")).headers;
    const expected = [...json.keys()].filter((name) => !OWN.test(name));
    const path = `/api/exports/${await ada.startJob()}`;
    const stream = await ada.open(path);
    await stream.rest(10_000);
    const gone = await ada.send("GET", path, undefined, { "last-event-id": stream.lastEventId });
    assert.equal(gone.status, 204);
    assert.deepEqual(missing(expected, gone.headers), [], "missing on 204");
    const unknown = await ada.send("GET", "/api/exports/unknown");
    assert.equal(unknown.status, 404);
    assert.deepEqual(missing(expected, unknown.headers), [], "missing on 404");
  },
};

/** @param {readonly string[]} names @param {Headers} received */
function missing(names, received) {
  return names.filter((name) => !received.has(name));
}

/** The names of the cookies. @param {Headers} received */
function cookies(received) {
  return received.getSetCookie().map((line) => line.split("=")[0]);
}
