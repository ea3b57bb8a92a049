import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { activity, closeBrowser, fact, openPage, reconnects, screenshot, streamIs } from "../../support/open-page.ts";
import { startDesk } from "../../support/start-desk.ts";

afterAll(closeBrowser);

it("connects a cut stream again by itself and replays the missed orders", async () => {
  const { url, desk } = await startDesk();
  const page = await openPage(url);
  const ada = await ApiClient.signIn(url, "ada");
  const { eventId } = await ada.placeOrder("Before");
  await page.getByRole("row", { name: /Before/ }).waitFor();

  await page.getByRole("button", { name: "Cut Desk" }).click();
  await activity(
    page,
    /Desk reconnected after [\d.]+ s: it resumed after .*, replayed: Orders 5, Notifications 0, Dashboard \d+\./,
  );
  expect(desk.sluice.stats().closed.disconnected).toBe(1);
  expect(await page.locator("#activity").textContent()).toContain(`it resumed after orders.${eventId}~`);
  await expect.poll(() => fact(page, "Orders", "replayed")).toBe("5");
  await expect.poll(() => reconnects(page, "Desk")).toBe("1");
  await expect.poll(() => fact(page, "Orders", "received")).toBe("6");
  await expect.poll(() => fact(page, "Orders", "gaps")).toBe("0");
  expect(await page.locator("#order-rows [data-replayed]").count()).toBe(5);
  await expect.poll(() => page.locator("#orders-summary").textContent()).toBe("6 orders · none missing");
  await screenshot(page, "cut-and-replayed");
});

it("misses no order and shows none twice when a busy stream is cut four times", async () => {
  const { url, desk } = await startDesk({ retry: 100 });
  const page = await openPage(url);
  await page.getByLabel("Place 5 orders during the cut").uncheck();
  desk.generator.set({ running: true, perSecond: 100 });
  for (let cut = 1; cut <= 4; cut++) {
    await page.getByRole("button", { name: "Cut Desk" }).click();
    await expect.poll(() => reconnects(page, "Desk")).toBe(String(cut));
    await page.locator(".stream .cut:enabled").first().waitFor();
  }
  desk.generator.set({ running: false, perSecond: 100 });
  const ada = await ApiClient.signIn(url, "ada");
  const { orderId } = await ada.placeOrder("Last");
  await page.getByRole("row", { name: /Last/ }).waitFor();
  const summary = await page.locator("#orders-summary").textContent();
  expect(summary).toBe(`${(Number(orderId) - 1_000).toLocaleString("en")} orders · none missing`);
});

it("shows the gap after a stale position, and continues with the kept orders", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  for (let n = 1; n <= 3; n++) await ada.placeOrder(`Customer ${n}`);
  const page = await openPage(url);
  await page.getByRole("button", { name: "Make the position of Orders stale" }).click();
  await activity(page, /Orders has a gap after stale-3 \(other-epoch\)/);
  await expect.poll(() => fact(page, "Orders", "gaps")).toBe("1 (other-epoch)");
  await expect
    .poll(() => page.locator("#orders-summary").textContent())
    .toBe("3 orders · none missing · list restarted after a gap");
  await screenshot(page, "gap");

  await page.getByRole("button", { name: "Make the position of Dashboard stale" }).click();
  await activity(page, /Dashboard has a gap after stale-/);
  await streamIs(page, "Desk", "open");
});

it("shows the numbers of orders that were trimmed while the stream was cut", async () => {
  const { url } = await startDesk({ retainOrders: 3, retry: 1_500 });
  const page = await openPage(url);
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("Before");
  await page.getByRole("row", { name: /Before/ }).waitFor();
  await page.getByRole("button", { name: "Cut Desk" }).click();
  await activity(page, /Orders has a gap after .* \(trimmed\)/);
  await expect.poll(() => page.locator("#orders-summary").textContent()).toBe("4 orders · 2 missing (1002–1003)");
});

it("closes the stream of a tab in the background, and resumes it when the tab is visible again", async () => {
  const { url, desk } = await startDesk();
  const page = await openPage(url);
  await page.clock.install();
  const show = (visibility: string) =>
    page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, visibility);
  await show("hidden");
  await page.clock.fastForward(25_000);
  await streamIs(page, "Desk", "paused");
  await expect.poll(() => desk.sluice.stats().streams).toBe(0);
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("Meanwhile");
  await show("visible");
  await page.getByRole("row", { name: /Meanwhile/ }).waitFor();
  await expect.poll(() => page.locator("#orders-summary").textContent()).toBe("1 order · none missing");
});
