// @ts-check
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { launchChromium } from "../../scripts/programs/launch-chromium.mjs";
import { programPath } from "../../scripts/programs/programs.mjs";

const WAIT_MS = 40_000;
const POLL_MS = 50;

/**
 * The page of the framework in a real Chromium: it lists the news of its stream, each once and in order. Fixtures leave
 * it out in the mode development, where servers compile and reload a page while it is open.
 * @type {import("./steps.mjs").Step}
 */
const newsPage = {
  name: "page in Chromium",
  timeout: 120_000,
  async run(site) {
    const ada = await site.signIn("ada");
    const browser = await launchChromium();
    try {
      const tab = await browser.newPage();
      // Some frameworks print an error for an icon that does not exist.
      await tab.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
      // The page opens only once, so that no stream of another page counts.
      const login = await tab.context().request.post(`${site.origin}/api/login`, { data: { user: "ada" } });
      assert.equal(login.status(), 200);
      /** @type {string[]} */
      const complaints = [];
      tab.on("pageerror", (error) => complaints.push(String(error)));
      tab.on("console", (message) => {
        if (/hydrat|did not match|sluice/i.test(message.text())) complaints.push(message.text());
      });
      const before = await site.streams();
      await tab.goto(site.origin, { timeout: WAIT_MS });
      for (const end = Date.now() + WAIT_MS; (await site.streams()) <= before; await sleep(POLL_MS))
        assert.ok(Date.now() < end, "the page opens its stream");
      const texts = Array.from({ length: 20 }, (_, index) => `news ${index + 1}`);
      for (const text of texts) await ada.publish(text);
      await tab
        .locator("li")
        .nth(texts.length - 1)
        .waitFor({ timeout: WAIT_MS });
      assert.deepEqual(await tab.locator("li").allTextContents(), texts);
      assert.equal((await site.streams()) - before, 1);
      assert.deepEqual(complaints, []);
    } finally {
      await browser.close();
    }
  },
};

/** The step for a page in Chromium; none if Chromium is missing. */
export const newsPageSteps = programPath("chromium") === undefined ? [] : [newsPage];

/** Names of the steps that do not apply in the mode development. */
export const WITHOUT_IN_DEVELOPMENT = [newsPage.name];
