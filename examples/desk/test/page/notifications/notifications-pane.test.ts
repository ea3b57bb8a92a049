import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { closeBrowser, openPage, screenshot, streamIs } from "../../support/open-page.ts";
import { startDesk } from "../../support/start-desk.ts";

afterAll(closeBrowser);

it("shows only the user's own notifications, and the other user's after a switch", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  const inbox = page.locator("#inbox");
  const broadcasts = page.locator("#broadcasts");
  const send = async (to: string, text: string) => {
    await page.getByLabel("To", { exact: true }).selectOption(to);
    await page.getByLabel("Message", { exact: true }).fill(text);
    await page.getByRole("button", { name: "Send" }).click();
    await expect.poll(() => page.getByLabel("Message", { exact: true }).inputValue()).toBe("");
  };
  await send("ben", "A secret for Ben");
  await send("ada", "A note to myself");
  await inbox.getByText("A note to myself").waitFor();
  await broadcasts.getByText("A note to myself").waitFor();
  expect(await page.getByText("A secret for Ben").count()).toBe(0);

  await page.getByRole("radio", { name: "Ben" }).check();
  await inbox.getByText("A secret for Ben").waitFor();
  await broadcasts.getByText("A secret for Ben").waitFor();
  expect(await page.getByText("A note to myself").count()).toBe(0);
  expect(await page.locator("#inbox-note").textContent()).toBe("Only for Ben Okoro");
  await streamIs(page, "Desk", "open");
  await screenshot(page, "signed-in-as-ben");

  await page.reload();
  await inbox.getByText("A secret for Ben").waitFor();
});

it("shows a broadcast to both users, but not among their own notifications", async () => {
  const { url } = await startDesk();
  const [ada, ben] = [await openPage(url), await openPage(url)];
  await ben.getByRole("radio", { name: "Ben" }).check();
  await expect.poll(() => ben.locator("#inbox-note").textContent()).toBe("Only for Ben Okoro");
  await ada.getByLabel("Message to everyone").fill("Lunch is ready");
  await ada.getByRole("button", { name: "Broadcast", exact: true }).click();
  for (const page of [ada, ben]) {
    await page.locator("#broadcasts").getByText("Lunch is ready").waitFor();
    expect(await page.locator("#inbox li").count()).toBe(0);
  }
});

it("never shows a tab the notifications of another tab's user, although both tabs have one cookie", async () => {
  const { url, desk } = await startDesk();
  const ada = await openPage(url);
  const ben = await ada.context().newPage();
  await ben.goto(url);
  await streamIs(ben, "Desk", "open");
  await ben.getByRole("radio", { name: "Ben" }).check();
  await expect.poll(() => ben.locator("#inbox-note").textContent()).toBe("Only for Ben Okoro");
  // The cookie is Ben's now. Ada's stream must not continue with it.
  desk.sluice.disconnect((stream) => stream.subscriber?.user === "ada");
  const client = await ApiClient.signIn(url, "ben");
  await client.json("POST", "/api/notifications", { userId: "ben", text: "Only for Ben" });
  await client.json("POST", "/api/notifications", { userId: "ada", text: "Only for Ada" });
  await ada.locator("#inbox").getByText("Only for Ada").waitFor();
  await ben.locator("#inbox").getByText("Only for Ben").waitFor();
  expect(await ada.getByText("Only for Ben").count()).toBe(0);
  expect(await ben.getByText("Only for Ada").count()).toBe(0);
});

it("shows markup in a message as text", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  await page.getByLabel("Message to everyone").fill("<img src=x onerror=alert(1)>");
  await page.getByRole("button", { name: "Broadcast", exact: true }).click();
  await page.locator("#broadcasts").getByText("<img src=x onerror=alert(1)>").waitFor();
  expect(await page.locator("#broadcasts img").count()).toBe(0);
});
