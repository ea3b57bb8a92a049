import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { closeBrowser, openPage, screenshot, streamIs, streamRow } from "../support/open-page.ts";
import { startDesk } from "../support/start-desk.ts";

afterAll(closeBrowser);

/** Opens the desk in another tab of the page's browser. */
async function openTab(page: Page): Promise<Page> {
  const tab = await page.context().newPage();
  await tab.goto(page.url());
  await streamIs(tab, "Desk", "open");
  return tab;
}

const sharing = (page: Page) => streamRow(page, "Desk").locator(".sharing").textContent();

it("shows the same in all tabs over one connection, and which tab holds it", async () => {
  const { url, desk } = await startDesk();
  const first = await openPage(url);
  const ada = await ApiClient.signIn(url, "ada");
  await ada.json("POST", "/api/notifications", { userId: "ada", text: "Before the second tab" });
  const second = await openTab(first);
  await expect.poll(() => sharing(first)).toBe("this tab holds it");
  await expect.poll(() => sharing(second)).toBe("another tab holds it");
  await expect.poll(() => desk.sluice.stats().streams).toBe(1);
  await ada.placeOrder("For both");
  for (const tab of [first, second]) {
    await tab.getByRole("row", { name: /For both/ }).waitFor();
    await tab.locator("#inbox").getByText("Before the second tab").waitFor();
    await tab.getByText(/^Node \d+\.\d+\.\d+, up since/).waitFor();
  }
  await screenshot(second, "second-tab");
});

it("goes on in another tab when the tab that holds the stream closes, and misses no order", async () => {
  const { url, desk } = await startDesk();
  const holder = await openPage(url);
  const other = await openTab(holder);
  const third = await openTab(holder);
  desk.generator.set({ running: true, perSecond: 50 });
  await other.getByRole("row", { name: /1020/ }).waitFor();
  await holder.close();
  const held = async () => [await sharing(other), await sharing(third)].sort();
  await expect.poll(held).toEqual(["another tab holds it", "this tab holds it"]);
  await expect.poll(() => desk.sluice.stats().streams).toBe(1);
  desk.generator.set({ running: false, perSecond: 50 });
  const ada = await ApiClient.signIn(url, "ada");
  const { orderId } = await ada.placeOrder("Last");
  for (const tab of [other, third]) {
    await tab.getByRole("row", { name: /Last/ }).waitFor();
    const summary = await tab.locator("#orders-summary").textContent();
    expect(summary).toBe(`${(Number(orderId) - 1_000).toLocaleString("en")} orders · none missing`);
  }
});

it("cuts the shared stream from a tab that does not hold it", async () => {
  const { url } = await startDesk();
  const holder = await openPage(url);
  const follower = await openTab(holder);
  await follower.getByLabel("Place 5 orders during the cut").uncheck();
  await follower.getByRole("button", { name: "Cut Desk" }).click();
  for (const tab of [holder, follower]) {
    await expect.poll(() => streamRow(tab, "Desk").locator(".reconnects").textContent()).toBe("1");
  }
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("After the cut");
  for (const tab of [holder, follower]) await tab.getByRole("row", { name: /After the cut/ }).waitFor();
});
