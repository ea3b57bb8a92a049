import { afterAll, expect, test } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { closeBrowser, fact, happened, openPage, screenshot, streamIs } from "../support/open-page.ts";
import { startDesk } from "../support/start-desk.ts";

afterAll(closeBrowser);

const STREAMS = ["Orders", "Notifications", "Broadcast", "Dashboard"];

test("when the server is away the page says so, and goes on by itself when it is back", async () => {
  const first = await startDesk();
  const page = await openPage(first.url);
  const ada = await ApiClient.signIn(first.url, "ada");
  await ada.placeOrder("Before");
  await page.getByRole("row", { name: /Before/ }).waitFor();
  await first.close();
  await page.getByRole("alert").getByText("The server is away.").waitFor();
  await streamIs(page, "Orders", "away");
  await page.getByText("Server away", { exact: true }).waitFor();
  await screenshot(page, "server-away");
  await page.getByLabel("Customer").fill("Too early");
  await page.getByLabel("Amount, €").fill("1");
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText("The server does not answer. Try again when it is back.").waitFor();

  const second = await startDesk({}, first.port);
  for (const stream of STREAMS) await streamIs(page, stream, "open");
  expect(await page.locator("#banner").isVisible()).toBe(false);
  // Another start of the server is another life of its log: that is said, not passed over.
  await happened(page, /Orders has a gap after .* \(other-epoch\)/);
  await (await ApiClient.signIn(second.url, "ben")).placeOrder("From the new one");
  await page.getByRole("row", { name: /From the new one/ }).waitFor();
  expect(await page.getByRole("row", { name: /Before/ }).count()).toBe(0);
});

test("a server that comes back is found without anybody's help", async () => {
  const first = await startDesk();
  const page = await openPage(first.url);
  await first.close();
  await page.getByRole("alert").getByText("The server is away.").waitFor();
  await startDesk({}, first.port);
  for (const stream of STREAMS) await streamIs(page, stream, "open");
  expect(await page.locator("#banner").isVisible()).toBe(false);
});

test("the page asks at once when one does not want to wait", async () => {
  const { url, close } = await startDesk();
  const page = await openPage(url);
  await page.clock.install();
  await close();
  const button = page.getByRole("button", { name: "Try now" });
  await button.waitFor();
  // From here on nothing is asked by itself.
  await page.clock.pauseAt(Date.now() + 60_000);
  const asked = page.waitForRequest((request) => request.url().endsWith("/health/ready"));
  await button.click();
  await asked;
});

test("a server that drains is said to shut down", async () => {
  const { url, desk } = await startDesk();
  const page = await openPage(url);
  await desk.drain(2_000);
  await page.getByRole("alert").getByText("The server is shutting down.").waitFor();
});

test("when the session has run out the page says so, and goes on where it was once signed in again", async () => {
  const { url } = await startDesk({ tokenLifetime: 3_000 });
  const page = await openPage(url);
  await page.getByRole("alert").getByText("Your session has ended.").waitFor();
  await screenshot(page, "session-ended");
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("Meanwhile");
  await page.getByRole("button", { name: "Sign in again" }).click();
  await page.getByRole("row", { name: /Meanwhile/ }).waitFor();
  await expect.poll(() => fact(page, "Orders", "gaps")).toBe("0");
  await expect.poll(() => page.locator("#orders-summary").textContent()).toBe("1 order · none missing");
});
