import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { activity, closeBrowser, openPage, screenshot, streamIs } from "../../support/open-page.ts";
import { startDesk } from "../../support/start-desk.ts";

afterAll(closeBrowser);

it("shows that the server is unreachable, and reconnects by itself when the server is back", async () => {
  const first = await startDesk();
  const page = await openPage(first.url);
  const ada = await ApiClient.signIn(first.url, "ada");
  await ada.placeOrder("Before");
  await page.getByRole("row", { name: /Before/ }).waitFor();
  await first.close();
  await page.getByRole("alert").getByText("The server is unreachable.").waitFor();
  await streamIs(page, "Desk", "unreachable");
  await page.getByText("Unreachable", { exact: true }).waitFor();
  await screenshot(page, "server-unreachable");
  await page.getByLabel("Customer").fill("Too early");
  await page.getByLabel("Amount, €").fill("1");
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText("The server does not answer. Try again later.").waitFor();

  const second = await startDesk({}, first.port);
  await streamIs(page, "Desk", "open");
  expect(await page.locator("#banner").isVisible()).toBe(false);
  // The restarted server's memory log has another epoch, so the page reports a gap.
  await activity(page, /Orders has a gap after .* \(other-epoch\)/);
  await (await ApiClient.signIn(second.url, "ben")).placeOrder("From the new one");
  await page.getByRole("row", { name: /From the new one/ }).waitFor();
  expect(await page.getByRole("row", { name: /Before/ }).count()).toBe(0);
});

it("hides the banner when the server is back", async () => {
  const first = await startDesk();
  const page = await openPage(first.url);
  await first.close();
  await page.getByRole("alert").getByText("The server is unreachable.").waitFor();
  await startDesk({}, first.port);
  await streamIs(page, "Desk", "open");
  expect(await page.locator("#banner").isVisible()).toBe(false);
});

it("checks the server at once when the user clicks Try now", async () => {
  const { url, close } = await startDesk();
  const page = await openPage(url);
  await page.clock.install();
  await close();
  const button = page.getByRole("button", { name: "Try now" });
  await button.waitFor();
  // Pause the page's clock, so that it makes no check by itself.
  await page.clock.pauseAt(Date.now() + 60_000);
  const checked = page.waitForRequest((request) => request.url().endsWith("/health/ready"));
  await button.click();
  await checked;
});

it("shows that a draining server is shutting down", async () => {
  const { url, desk } = await startDesk({ exportPace: 60_000 });
  const page = await openPage(url);
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("One");
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  // The server answers until its timeout, because somebody follows an export.
  await (await ada.stream(`/api/exports/${jobId}/progress`)).next("progress");
  const drained = desk.drain(10_000);
  await page.getByRole("alert").getByText("The server is shutting down.").waitFor();
  await drained;
});
