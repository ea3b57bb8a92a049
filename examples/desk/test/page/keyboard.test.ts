import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { activity, closeBrowser, openPage, streamIs } from "../support/open-page.ts";
import { startDesk } from "../support/start-desk.ts";

afterAll(closeBrowser);

/** Returns the approximate accessible name of the focused element. */
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

it("reaches every control with the Tab key, in the order of the page", async () => {
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
  await tabTo(page, "Cut Desk");
  await page.keyboard.press("Enter");
  await activity(page, /Desk reconnected after/);

  await tabTo(page, "Message");
  await page.keyboard.type("Hello Ben");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("#announcer").textContent()).toBe("Sent to Ben Okoro.");
  await tabTo(page, "Message to everyone");
  await page.keyboard.type("Hello all");
  await page.keyboard.press("Enter");
  await page.locator("#broadcasts").getByText("Hello all").waitFor();
  await tabTo(page, "Export orders");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: /\.csv$/ }).waitFor();
});

it("switches the user with the arrow keys", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  await page.getByRole("radio", { name: "Ada" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => page.locator("#inbox-note").textContent()).toBe("Only for Ben Okoro");
  expect(await page.getByRole("radio", { name: "Ben" }).isChecked()).toBe(true);
});

it("announces the results of a user's actions to screen readers, but not each order", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  const announced: string[] = [];
  await page.exposeFunction("onAnnounce", (text: string) => announced.push(text));
  await page.evaluate(() => {
    const box = document.querySelector("#announcer")!;
    new MutationObserver(() =>
      (window as unknown as { onAnnounce(text: string): void }).onAnnounce(box.textContent ?? ""),
    ).observe(box, {
      childList: true,
    });
  });
  const ada = await ApiClient.signIn(url, "ada");
  for (let n = 0; n < 20; n++) await ada.placeOrder(`Customer ${n}`);
  await page.getByRole("row", { name: /1020/ }).waitFor();
  expect(announced).toEqual([]);
  await page.getByRole("button", { name: "Cut Desk" }).click();
  await activity(page, /Desk reconnected after/);
  expect(announced).toEqual(["Desk was cut.", expect.stringMatching(/^Desk reconnected after/)]);
  await streamIs(page, "Desk", "open");
});

it("has landmarks, one main heading, and a name for every control", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  expect(await page.getByRole("main").count()).toBe(1);
  expect(await page.getByRole("banner").count()).toBe(1);
  expect(await page.getByRole("heading", { level: 1 }).allInnerTexts()).toEqual(["Desk"]);
  expect(await page.getByRole("heading", { level: 2 }).allInnerTexts()).toEqual([
    "Server metrics",
    "Orders",
    "Stream inspector",
    "Your notifications",
    "Broadcasts",
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
