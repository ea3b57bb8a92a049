import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { crashHolders } from "../../../../../../chaos/tabs/crash-holders.mjs";
import { startTabSite, type TabSite } from "../../../../../../chaos/tabs/tab-site.mjs";
import {
  faultsOf,
  longestWait,
  type SharingTab,
  sleep,
  startTabBrowser,
  type TabBrowser,
} from "../../../../../../chaos/tabs/tabs.mjs";
import { programPath } from "../../../../../../scripts/programs/programs.mjs";
import { until } from "../../../support/until.ts";

const TAKEOVER_MS = 1_000;
const FROZEN_TAKEOVER_MS = 5_000;
/** Tests allow five times as much, for busy machines. */
const ALLOWANCE = 5;
const LONG_MS = 30_000;
const PACE_MS = 10;

// `allRuntimes()` reports it if Chromium is missing.
if (programPath("chromium") !== undefined)
  describe("tabs of Chromium that share a stream", () => {
    let site: TabSite;
    let browser: TabBrowser;
    let isLoaded: boolean;
    let load: Promise<void>;

    beforeAll(async () => {
      browser = await startTabBrowser();
    });
    afterAll(() => browser?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      site = await startTabSite();
      isLoaded = true;
      load = (async () => {
        for (; isLoaded; await sleep(PACE_MS)) await site.publish();
      })();
    });
    afterEach(async () => {
      isLoaded = false;
      for (const tab of browser.tabs) await tab.close();
      await site[Symbol.asyncDispose]();
    });

    /** Ends the load, and expects that each tab has received all numbers from its first one on. */
    async function expectAll(tabs: readonly SharingTab[]): Promise<void> {
      isLoaded = false;
      await load;
      await site.publish();
      for (const tab of tabs) {
        await until("a tab has the newest number", async () => (await tab.position()) === site.lastId, LONG_MS);
        expect(faultsOf(await tab.received(), site.published)).toEqual([]);
        expect(await tab.gaps()).toEqual([]);
      }
      await until("one connection is left", () => site.open === 1);
    }

    it("have one connection on HTTP/1.1, and receive each event once while five holders crash", async () => {
      const { takeovers, faults, most, requestsAtStart, published, events } = await crashHolders(5);
      expect(faults).toEqual([]);
      expect(requestsAtStart).toBe(1);
      console.log(`ten tabs, ${published} events, ${events} received; at most ${most} connections`);
      console.log(`longest wait after a crash: ${takeovers.join(", ")} ms`);
      expect(Math.max(...takeovers)).toBeLessThan(TAKEOVER_MS * ALLOWANCE);
    }, 120_000);

    it.each([
      ["closes", (tab: SharingTab) => tab.close()],
      [
        "navigates",
        async (tab: SharingTab) => {
          browser.tabs.delete(tab);
          await tab.page.goto(`${site.url}?options={"shareAcrossTabs":false,"headers":{}}`);
          await tab.page.goto("about:blank");
        },
      ],
    ])("take over when the holder %s", async (_, leave) => {
      const first = await browser.open(site.url);
      const others = [await browser.open(site.url), await browser.open(site.url)];
      expect(await first.sharing()).toBe("holder");
      const leftAt = Date.now();
      await leave(first);
      await until("another holds", async () => (await others[0]!.sharing()) === "holder");
      await sleep(200);
      const wait = longestWait(await others[1]!.received(), leftAt);
      console.log(`longest wait after the holder has left: ${wait} ms`);
      expect(wait).toBeLessThan(TAKEOVER_MS * ALLOWANCE);
      await expectAll(others);
    });

    it("take over when the holder freezes; thawed, it passes nothing on and misses nothing", async () => {
      const first = await browser.open(site.url);
      const others = [await browser.open(site.url), await browser.open(site.url)];
      await first.page.evaluate(() => {
        const { postMessage } = BroadcastChannel.prototype;
        const posts: unknown[] = [];
        Object.assign(globalThis, { posts });
        BroadcastChannel.prototype.postMessage = function (message) {
          if (message.e) posts.push(message);
          postMessage.call(this, message);
        };
      });
      const postsOf = () => first.page.evaluate(() => (globalThis as unknown as { posts: unknown[] }).posts.length);
      await until("it passes events on", async () => (await postsOf()) > 5);
      const frozenAt = Date.now();
      await first.freeze();
      const holds = async () => (await others[0]!.sharing()) === "holder" || (await others[1]!.sharing()) === "holder";
      await until("another holds", holds, FROZEN_TAKEOVER_MS * ALLOWANCE);
      await sleep(500);
      const wait = longestWait(await others[1]!.received(), frozenAt);
      console.log(`longest wait after the holder was frozen: ${wait} ms`);
      expect(wait).toBeLessThan(FROZEN_TAKEOVER_MS * ALLOWANCE);
      const posts = await postsOf();
      await first.thaw();
      await until("it follows", async () => (await first.sharing()) === "follower");
      await sleep(500);
      expect(await postsOf()).toBe(posts);
      await expectAll([first, ...others]);
    });

    it("take over when the holder enters the back/forward cache, and share with it again when it returns", async () => {
      const first = await browser.open(site.url);
      const others = [await browser.open(site.url), await browser.open(site.url)];
      await first.page.evaluate("globalThis.isOriginal = true");
      const leftAt = Date.now();
      await first.page.goto(`${site.url}?options={"shareAcrossTabs":false,"headers":{}}`);
      const holds = async () => (await others[0]!.sharing()) === "holder" || (await others[1]!.sharing()) === "holder";
      await until("another holds", holds);
      await sleep(200);
      const wait = longestWait(await others[1]!.received(), leftAt);
      console.log(`longest wait after the holder entered the cache: ${wait} ms`);
      expect(wait).toBeLessThan(TAKEOVER_MS * ALLOWANCE);
      await first.page.evaluate("history.back()").catch(() => undefined);
      // Another page, or the same page loaded anew, does not know the variable.
      const isBack = () => first.page.evaluate("globalThis.isOriginal === true").catch(() => false);
      await until("the page came from the cache", async () => (await isBack()) === true);
      await until("it follows", async () => (await first.sharing()) === "follower");
      await expectAll([first, ...others]);
    });

    it("miss nothing as a follower that was frozen", async () => {
      const first = await browser.open(site.url);
      const others = [await browser.open(site.url), await browser.open(site.url)];
      await others[0]!.freeze();
      const before = site.published;
      await until("much was published meanwhile", () => site.published > before + 50);
      await others[0]!.thaw();
      await expectAll([first, ...others]);
      expect(await first.sharing()).toBe("holder");
      expect(await others[0]!.sharing()).toBe("follower");
    });

    it("receive the types that they listen to, also from a holder that listens to others", async () => {
      const first = await browser.open(site.url);
      const follower = await browser.open(site.url, { type: "other" });
      const expected: number[] = [];
      const publish = async () => {
        await site.publish("", "other");
        expected.push(site.published);
      };
      for (let i = 0; i < 5; i++) await publish();
      const numbers = async () => (await follower.received()).map(({ n }) => n);
      await until("the follower has them", async () => (await numbers()).length === 5);
      await first.close();
      for (let i = 0; i < 5; i++) await publish();
      await until("it holds", async () => (await follower.sharing()) === "holder");
      await until("it has all", async () => (await numbers()).length === 10);
      expect(await numbers()).toEqual(expected);
      expect(await follower.gaps()).toEqual([]);
    });

    it("share only with tabs of the same user, and leave when the user changes", async () => {
      isLoaded = false;
      await load;
      const ada = await browser.open(site.url, { user: "ada" });
      const bob = await browser.open(site.url, { user: "bob" });
      const second = await browser.open(site.url, { user: "ada" });
      expect([await ada.sharing(), await bob.sharing(), await second.sharing()]).toEqual([
        "holder",
        "holder",
        "follower",
      ]);
      const usersOf = async (tab: SharingTab) => (await tab.received()).map(({ user }) => user);
      await site.publish("ada");
      await site.publish("bob");
      await until("both", async () => (await usersOf(ada)).length > 0 && (await usersOf(bob)).length > 0);
      const before = (await second.received()).length;
      await second.page.evaluate(() => {
        (globalThis as unknown as { user: string }).user = "bob";
      });
      await site.publish("ada");
      await until("the tab has left", async () => {
        await site.publish("bob");
        return (await usersOf(second)).length > before;
      });
      expect((await usersOf(second)).slice(before).every((user) => user === "bob")).toBe(true);
      expect(new Set(await usersOf(ada))).toEqual(new Set(["ada"]));
      expect(new Set(await usersOf(bob))).toEqual(new Set(["bob"]));
    });
  });
