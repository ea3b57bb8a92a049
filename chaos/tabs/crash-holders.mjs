// @ts-check
import { startTabSite } from "./tab-site.mjs";
import { faultsOf, longestWait, sleep, startTabBrowser, until } from "./tabs.mjs";

const TABS = 10;
const PACE_MS = 4;

/**
 * Opens ten tabs that share a stream of numbers, and crashes the tab that holds it again and again under load. A new
 * tab replaces each. Returns the figures, and every fault in the numbers that a tab has received.
 * @param {number} crashes
 * @param {(line: string) => void} [print]
 * @returns {Promise<import("./crash-holders.d.mts").CrashOutcome>}
 */
export async function crashHolders(crashes, print = () => undefined) {
  const site = await startTabSite();
  const browser = await startTabBrowser();
  try {
    return await crashAll(site, browser, crashes, print);
  } finally {
    await browser[Symbol.asyncDispose]();
    await site[Symbol.asyncDispose]();
  }
}

/**
 * @param {import("./tab-site.d.mts").TabSite} site
 * @param {import("./tabs.d.mts").TabBrowser} browser
 * @param {number} crashes
 * @param {(line: string) => void} print
 * @returns {Promise<import("./crash-holders.d.mts").CrashOutcome>}
 */
async function crashAll(site, browser, crashes, print) {
  await Promise.all(Array.from({ length: TABS }, () => browser.open(site.url)));
  await until("one connection", () => site.open === 1);
  const requestsAtStart = site.counts.requests;
  let isLoaded = true;
  const load = (async () => {
    for (; isLoaded; await sleep(PACE_MS)) await site.publish();
  })();

  /** @type {number[]} */
  const takeovers = [];
  for (let crash = 1; crash <= crashes; crash++) {
    await sleep(300);
    const holder = await browser.holder();
    const crashedAt = Date.now();
    await holder.crash();
    const [other] = browser.tabs;
    if (other === undefined) throw new Error("No tab is left");
    await until("another tab takes over", async () => {
      await sleep(100);
      return (await other.since(crashedAt + 100)).length > 0;
    });
    takeovers.push(longestWait(await other.since(crashedAt), crashedAt));
    print(`crash ${crash} of ${crashes}: ${takeovers.at(-1)} ms, ${site.published} events, ${site.open} open`);
    await browser.open(site.url);
  }
  isLoaded = false;
  await load;
  await site.publish();
  /** @type {string[]} */
  const faults = [];
  let events = 0;
  for (const tab of browser.tabs) {
    await until("the tab has every event", async () => (await tab.position()) === site.lastId).catch((error) =>
      faults.push(String(error)),
    );
    const received = await tab.received();
    events += received.length;
    faults.push(
      ...faultsOf(received, site.published),
      ...(await tab.gaps()).map((gap) => `gap ${JSON.stringify(gap)}`),
    );
  }
  await until("one connection", () => site.open === 1);
  return { takeovers, faults, events, published: site.published, requestsAtStart, ...site.counts };
}
