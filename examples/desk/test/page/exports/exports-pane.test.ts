import { readFile } from "node:fs/promises";
import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { closeBrowser, openPage, screenshot, streamIs } from "../../support/open-page.ts";
import { startDesk } from "../../support/start-desk.ts";

afterAll(closeBrowser);

it("shows the progress of an export, then a download with every order", async () => {
  const { url } = await startDesk({ exportPace: 100 });
  const ada = await ApiClient.signIn(url, "ada");
  for (let n = 1; n <= 80; n++) await ada.placeOrder(`Customer ${n}`, n);
  const page = await openPage(url);
  await page.getByRole("button", { name: "Export orders" }).click();
  const bar = page.getByRole("progressbar");
  await expect.poll(() => bar.evaluate((element: HTMLProgressElement) => element.value)).toBeGreaterThan(20);
  await page.getByText(/^\d+ of 80 orders written$/).waitFor();
  await screenshot(page, "export-running");

  const link = page.getByRole("link", { name: /^orders-.*\.csv$/ });
  await link.waitFor();
  expect(await bar.isVisible()).toBe(false);
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  expect(download.suggestedFilename()).toBe(await link.textContent());
  const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n");
  expect(lines.slice(1).map((line) => line.split(",").slice(0, 3).join())).toEqual(
    Array.from({ length: 80 }, (_, n) => `${1_001 + n},Customer ${n + 1},${(n + 1).toFixed(2)}`),
  );
  await streamIs(page, "Export", "ended");
});

it("cancels an export", async () => {
  const { url } = await startDesk({ exportPace: 60_000 });
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("One");
  const page = await openPage(url);
  await page.getByRole("button", { name: "Export orders" }).click();
  await streamIs(page, "Export", "open");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("The export was cancelled.").waitFor();
  expect(await page.getByRole("button", { name: "Export orders" }).isEnabled()).toBe(true);
});

it("shows why an export without orders is refused", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  await page.getByRole("button", { name: "Export orders" }).click();
  await page.getByText("There are no orders to export yet. Place one first.").waitFor();
});
