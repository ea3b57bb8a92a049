// @ts-check
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ReconnectingReader } from "../reconnecting-reader.mjs";
import { eventually } from "../within.mjs";

/** @typedef {import("../site.mjs").Site} Site */

const RELOAD_TIMEOUT_MS = 30_000;
const RECEIVE_TIMEOUT_MS = 20_000;

/** A developer saves a file while a stream is open. The client then receives new events, or a gap: never silence. */
export const reload = {
  name: "hot reload",
  timeout: 120_000,
  /** @param {Site} site */
  isFor: (site) => site.mode.reload !== undefined,
  /** @param {Site} site */
  async run(site) {
    const reader = new ReconnectingReader(site, "ada");
    try {
      await reader.connected();
      await changeHandler(site, reader);
      await changeSluice(site, reader);
    } finally {
      reader.close();
    }
  },
};

/**
 * A handler changes; the definition of the Sluice does not.
 * @param {Site} site
 * @param {ReconnectingReader} reader
 */
async function changeHandler(site, reader) {
  replaceIn(site.folder, /"tick"/, () => '"tock"');
  await eventually(RELOAD_TIMEOUT_MS, "the changed handler to answer", async () => {
    const clock = await site.open("/api/clock");
    return (await clock.next().finally(() => clock.leave())).type === "tock";
  });
  await receivesNews(site, reader);
  if (site.mode.reload === "keeps") assert.equal(reader.connections, 1, "the stream stayed open");
}

/**
 * The definition of the Sluice changes.
 * @param {Site} site
 * @param {ReconnectingReader} reader
 */
async function changeSluice(site, reader) {
  replaceIn(site.folder, /createSluice\((\{?)/, (_, brace) =>
    brace ? "createSluice({ retry: 50_000," : "createSluice({ retry: 50_000 }",
  );
  await eventually(RELOAD_TIMEOUT_MS, "the changed Sluice to answer", async () => {
    const clock = await site.open("/api/clock");
    await clock.next().finally(() => clock.leave());
    return (clock.retry ?? 0) > 30_000;
  });
  await receivesNews(site, reader);
}

/**
 * The reader receives what is published now, even if its connection was cut. If it missed news, it got a gap.
 * @param {Site} site
 * @param {ReconnectingReader} reader
 */
async function receivesNews(site, reader) {
  const user = await eventually(RELOAD_TIMEOUT_MS, "a sign-in after the reload", () => site.signIn("ada"));
  const [token, before] = [Math.random(), reader.events.length];
  /** @type {string[]} */
  const published = [];
  await eventually(RECEIVE_TIMEOUT_MS, "the open stream to receive news after the reload", async () => {
    const text = `${token} ${published.length}`;
    await user.publish(text);
    published.push(text);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return reader.events.slice(before).some(({ data }) => data.includes(`${token}`));
  });
  const received = reader.events.slice(before);
  const texts = received.filter(({ type }) => type === "posted").map(({ data }) => JSON.parse(data).text);
  const hasGap = received.some(({ type }) => type === "gap");
  if (!hasGap) assert.equal(texts[0], published[0], "news was lost without a gap");
}

/**
 * Replaces a text in the one file of the project that has it.
 * @param {string} folder
 * @param {RegExp} from
 * @param {(...match: string[]) => string} to
 */
function replaceIn(folder, from, to) {
  const files = sourcesIn(folder).filter((path) => from.test(readFileSync(path, "utf8")));
  assert.equal(files.length, 1, `one file of the page must contain ${from}`);
  const [file = ""] = files;
  writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
}

/** @param {string} folder @returns {string[]} */
function sourcesIn(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (/^(\.|node_modules$|dist$|build$)/.test(name)) return [];
    if (statSync(path).isDirectory()) return sourcesIn(path);
    return /\.[cm]?[jt]sx?$/.test(name) ? [path] : [];
  });
}
