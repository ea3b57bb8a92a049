// @ts-check
/** Tabs of a real Chromium that share a stream. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../scripts/programs/launch-chromium.mjs";
import { programPath } from "../../scripts/programs/programs.mjs";

/** @typedef {import("./tabs.d.mts").Received} Received */
/** @typedef {import("./tabs.d.mts").SharingTab} SharingTab */
/**
 * @typedef {object} Scope
 * @property {import("sluice/client").EventStream} stream
 * @property {Received[]} received
 * @property {unknown[]} gaps
 * @property {unknown[][]} changes
 */

const READY_MS = 30_000;
/** Chromium on a busy machine accepts a connection before it has its first page, and may then never answer on it. */
const CONNECT_MS = 10_000;
const CONNECTS = 3;
const EVERY_MS = 10;

/**
 * Starts Chromium. As for a person, the newest tab is visible, and the others are hidden. In a browser that Playwright
 * launches, every page is visible.
 * @returns {Promise<import("./tabs.d.mts").TabBrowser>}
 */
export async function startTabBrowser() {
  const folder = await mkdtemp(join(tmpdir(), "sluice-tabs-"));
  const flags = [...CHROMIUM_FLAGS, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${folder}`];
  const child = spawn(programPath("chromium") ?? "chromium", flags, { stdio: ["ignore", "ignore", "pipe"] });
  const kill = () => child.kill();
  process.once("exit", kill);
  /** @type {string} */
  const endpoint = await new Promise((resolve, reject) => {
    createInterface(child.stderr).on("line", (line) => {
      const address = /^DevTools listening on (.*)$/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once("error", reject).once("exit", (code) => reject(new Error(`Chromium ended with ${code}`)));
  });
  const browser = await connect(endpoint);
  const [context] = browser.contexts();
  if (context === undefined) throw new Error("Chromium has no context");
  /** @type {Set<SharingTab>} */
  const tabs = new Set();

  /** @param {string} url @param {Record<string, string>} [query] @returns {Promise<SharingTab>} */
  async function open(url, query = {}) {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await page.goto(`${url}?${new URLSearchParams(query)}`);
    /** @type {SharingTab} */
    const tab = {
      page,
      cdp,
      sharing: () => page.evaluate(() => scope().stream.sharing),
      received: () => page.evaluate(() => scope().received),
      since: (time) =>
        page.evaluate((time) => {
          const all = scope().received;
          return all.slice(all.findLastIndex(({ at }) => at < time) + 1);
        }, time),
      position: () => page.evaluate(() => scope().stream.lastEventId),
      changes: () => page.evaluate(() => scope().changes),
      gaps: () => page.evaluate(() => scope().gaps),
      freeze: () => cdp.send("Page.setWebLifecycleState", { state: "frozen" }),
      thaw: () => cdp.send("Page.setWebLifecycleState", { state: "active" }),
      async crash() {
        tabs.delete(tab);
        const crashed = new Promise((resolve) => page.once("crash", () => resolve(undefined)));
        cdp.send("Page.crash").catch(() => undefined);
        await crashed;
        // Closing a crashed page takes its time.
        page.close().catch(() => undefined);
      },
      async close() {
        tabs.delete(tab);
        await page.close();
      },
    };
    await page.evaluate("globalThis.scope = () => globalThis");
    await until("the stream is open", () => page.evaluate(() => scope().stream?.state === "open"));
    tabs.add(tab);
    return tab;
  }

  return {
    tabs,
    open,
    async holder() {
      for (;;) {
        for (const tab of tabs) if ((await tab.sharing()) === "holder") return tab;
        await sleep(EVERY_MS);
      }
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      process.removeListener("exit", kill);
      if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await once(child, "exit");
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Stands for the function of the same name in the page. @returns {Scope} */
function scope() {
  return /** @type {Scope} */ (/** @type {unknown} */ (globalThis));
}

/** @param {string} what @param {() => boolean | Promise<boolean>} condition @param {number} [ms] */
export async function until(what, condition, ms = READY_MS) {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Not within ${ms} ms: ${what}`);
    await sleep(EVERY_MS);
  }
}

/** @param {number} ms @returns {Promise<void>} */
export function sleep(ms) {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/**
 * Returns the longest time from publishing to receiving, of all numbers that were published after a time, in ms.
 * @param {readonly Received[]} received
 * @param {number} since
 */
export function longestWait(received, since) {
  return Math.max(...received.filter(({ at }) => at >= since).map(({ at, receivedAt }) => receivedAt - at));
}

/**
 * Returns the faults of a tab's numbers: each must be the one after the last, up to the newest.
 * @param {readonly Received[]} received
 * @param {number} newest
 * @returns {string[]}
 */
export function faultsOf(received, newest) {
  /** @type {string[]} */
  const faults = [];
  let last = received[0] && received[0].n - 1;
  for (const { n } of received) {
    if (n !== (last ?? 0) + 1) faults.push(`${n} after ${last}`);
    last = n;
  }
  if (last !== newest) faults.push(`${last} is the last one, of ${newest}`);
  return faults;
}

/**
 * Connects to a Chromium that has just begun to listen.
 * @param {string} endpoint
 * @returns {Promise<import("playwright-core").Browser>}
 */
async function connect(endpoint) {
  for (let left = CONNECTS; ; left--) {
    try {
      return await chromium.connectOverCDP(endpoint, { noDefaults: true, timeout: CONNECT_MS });
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}
