import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { activity, closeBrowser, fact, openPage, screenshot, streamIs, streamRow } from "../../support/open-page.ts";
import { startDesk } from "../../support/start-desk.ts";

afterAll(closeBrowser);

it("shows an order placed on the page when it arrives on the stream", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  await page.getByText("No orders yet.").waitFor();
  await screenshot(page, "empty");
  await page.getByLabel("Customer").fill("Alder & Finch");
  await page.getByLabel("Amount, €").fill("49.90");
  await page.getByRole("button", { name: "Place order" }).click();
  const row = page.getByRole("row", { name: /1001/ });
  await row.waitFor();
  expect(await row.textContent()).toMatch(/1001\s+Alder & Finch\s+€49\.90\s+\d\d:\d\d:\d\d/);
  await expect
    .poll(() => page.locator("#announcer").textContent())
    .toBe("Order 1001 placed for Alder & Finch, €49.90.");
  expect(await page.getByLabel("Customer").inputValue()).toBe("");
});

it("shows the mistake in an order and focuses the field", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText("Enter a customer.").waitFor();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("order-customer");
  await page.getByLabel("Customer").fill("Alder");
  await page.getByLabel("Amount, €").fill("1.234");
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText("The amount must be between").waitFor();
  expect(await page.getByLabel("Amount, €").getAttribute("aria-invalid")).toBe("true");
});

it("switches the generator on and off, and changes its rate", async () => {
  const { url, desk } = await startDesk();
  const page = await openPage(url);
  const generator = page.getByRole("switch", { name: "Order generator" });
  await generator.click();
  await page.getByRole("row", { name: /1001/ }).waitFor();
  await expect.poll(() => generator.getAttribute("aria-checked")).toBe("true");
  await page.getByRole("slider", { name: "Orders per second" }).fill("6");
  await expect.poll(() => desk.generator.state).toEqual({ running: true, perSecond: 50 });
  await page.getByRole("row", { name: /1040/ }).waitFor();
  await generator.click();
  await expect.poll(() => desk.generator.state.running).toBe(false);
  await expect.poll(() => generator.getAttribute("aria-checked")).toBe("false");
});

it("shows earlier orders, then new ones, with none missing in between", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  for (let n = 1; n <= 60; n++) await ada.placeOrder(`Customer ${n}`);
  const page = await openPage(url);
  await ada.placeOrder("After");
  await page.getByRole("row", { name: /After/ }).waitFor();
  expect(await page.locator("#order-rows tr").count()).toBe(51);
  await expect.poll(() => page.locator("#orders-summary").textContent()).toBe("51 orders · none missing");
});

it("counts every order of a burst, and keeps 100 rows", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  const ada = await ApiClient.signIn(url, "ada");
  await Promise.all(Array.from({ length: 500 }, (_, n) => ada.placeOrder(`Customer ${n}`)));
  await expect.poll(() => page.locator("#orders-summary").textContent()).toBe("500 orders · none missing");
  expect(await page.locator("#order-rows tr").count()).toBe(100);
});

it("loses orders during a cut without replay, and shows how many are missing", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  await page.getByRole("radio", { name: "Plain" }).check();
  await streamIs(page, "Plain orders", "open");
  expect(await streamRow(page, "Plain orders").locator(".path").textContent()).toBe("/api/orders/stream");
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("Before");
  await page.getByRole("row", { name: /Before/ }).waitFor();
  await page.getByRole("button", { name: "Cut Plain orders" }).click();
  await activity(page, /Plain orders reconnected after/);
  await ada.placeOrder("After");
  await page.getByRole("row", { name: /After/ }).waitFor();
  // The machine's speed decides how many of the five orders the stream misses. Received and missing orders add up to 7.
  const counts = async () =>
    (await page.locator("#orders-summary").textContent())
      ?.match(/^(\d+) orders · (\d+) missing/)
      ?.slice(1)
      .map(Number) ?? [];
  await expect.poll(async () => (await counts()).reduce((sum, count) => sum + count, 0)).toBe(7);
  expect((await counts())[1]).toBeGreaterThan(0);
  await expect.poll(() => fact(page, "Plain orders", "replayed")).toBe("none");
  await screenshot(page, "plain-stream-loses-orders");
});
