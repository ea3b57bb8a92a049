import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { closeBrowser, happened, openPage, streamIs } from "../support/open-page.ts";
import { startDesk } from "../support/start-desk.ts";

afterAll(closeBrowser);

/** What has the focus: its accessible name, more or less. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    const label = element?.id ? document.querySelector(`label[for="${element.id}"]`)?.textContent : undefined;
    return (
      element?.getAttribute("aria-label") ??
      label ??
      element?.closest("label")?.textContent ??
      element?.textContent ??
      ""
    );
  });
}

async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  while (passed.length < 60) {
    await page.keyboard.press("Tab");
    const now = (await focused(page)).trim();
    if (now === name) return;
    passed.push(now);
  }
  throw new Error(`Tab does not lead to ${name}, only to: ${passed.join(" | ")}`);
}

test("everything can be done with the keyboard alone, in the order of the page", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  await tabTo(page, "Skip to content");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");

  await tabTo(page, "Customer");
  await page.keyboard.type("Keyboard user");
  await tabTo(page, "Amount, €");
  await page.keyboard.type("12.50");
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: /Keyboard user/ }).waitFor();

  await tabTo(page, "Order generator");
  await page.keyboard.press("Space");
  await page.getByRole("row", { name: /1002/ }).waitFor();
  await page.keyboard.press("Space");
  await tabTo(page, "Cut Orders");
  await page.keyboard.press("Enter");
  await happened(page, /Orders is back after/);

  await tabTo(page, "Message");
  await page.keyboard.type("Hello Ben");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("#announcer").textContent()).toBe("Sent to Ben Okoro.");
  await tabTo(page, "Message to everyone");
  await page.keyboard.type("Hello all");
  await page.keyboard.press("Enter");
  await page.locator("#wall").getByText("Hello all").waitFor();
  await tabTo(page, "Export orders");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: /\.csv$/ }).waitFor();
});

test("the user is switched with the arrow keys", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  await page.getByRole("radio", { name: "Ada" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => page.locator("#inbox-note").textContent()).toBe("Only what is for Ben Okoro");
  expect(await page.getByRole("radio", { name: "Ben" }).isChecked()).toBe(true);
});

test("whoever listens is told what somebody did, and not each order of the feed", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  const said: string[] = [];
  await page.exposeFunction("heard", (text: string) => said.push(text));
  await page.evaluate(() => {
    const box = document.querySelector("#announcer")!;
    new MutationObserver(() =>
      (window as unknown as { heard(text: string): void }).heard(box.textContent ?? ""),
    ).observe(box, {
      childList: true,
    });
  });
  const ada = await ApiClient.signIn(url, "ada");
  for (let n = 0; n < 20; n++) await ada.placeOrder(`Customer ${n}`);
  await page.getByRole("row", { name: /1020/ }).waitFor();
  expect(said).toEqual([]);
  await page.getByRole("button", { name: "Cut Notifications" }).click();
  await happened(page, /Notifications is back after/);
  expect(said).toEqual(["Notifications was cut.", expect.stringMatching(/^Notifications is back after/)]);
  await streamIs(page, "Notifications", "open");
});

test("the page has landmarks, one main heading, and a name for every control", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  expect(await page.getByRole("main").count()).toBe(1);
  expect(await page.getByRole("banner").count()).toBe(1);
  expect(await page.getByRole("heading", { level: 1 }).allInnerTexts()).toEqual(["Desk"]);
  expect(await page.getByRole("heading", { level: 2 }).allInnerTexts()).toEqual([
    "This server, right now",
    "Orders",
    "Stream inspector",
    "Your notifications",
    "Broadcast wall",
    "Export",
  ]);
  for (const role of [
    "button",
    "textbox",
    "spinbutton",
    "combobox",
    "slider",
    "radio",
    "checkbox",
    "switch",
    "link",
  ] as const) {
    const all = await page.getByRole(role).count();
    expect([role, await page.getByRole(role, { name: /\S/ }).count()]).toEqual([role, all]);
  }
});
