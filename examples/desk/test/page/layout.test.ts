import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { closeBrowser, happened, openPage, overflow, screenshot } from "../support/open-page.ts";
import { startDesk } from "../support/start-desk.ts";

afterAll(closeBrowser);

/** A page with something in every pane. */
async function fullPage(options: Parameters<typeof openPage>[1]): Promise<Page> {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  for (const name of ["Alder & Finch", "A customer whose name goes on and on and does not fit into one line", "Ito"]) {
    await ada.placeOrder(name, 999_999.99);
  }
  await ada.json("POST", "/api/notifications", { userId: "ada", text: "w".repeat(280) });
  await ada.json("POST", "/api/notifications", {
    broadcast: true,
    text: "Lunch is on the terrace at half past twelve.",
  });
  const page = await openPage(url, options);
  await page.getByRole("button", { name: "Export orders" }).click();
  await page.getByRole("link", { name: /\.csv$/ }).waitFor();
  await page.getByRole("button", { name: "Cut Orders" }).click();
  await happened(page, /Orders is back after/);
  await page.locator(".tile canvas").last().waitFor();
  return page;
}

test.each([320, 390, 768, 1_024, 1_440])("at a width of %i px nothing has to be scrolled sideways", async (width) => {
  const page = await fullPage({ viewport: { width, height: 844 } });
  expect(await overflow(page)).toBe(0);
  await screenshot(page, `width-${width}`);
});

test("on a phone everything can be touched without hitting its neighbour", async () => {
  const page = await fullPage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  for (const button of await page.getByRole("button").all()) {
    const box = await button.boundingBox();
    // WCAG 2.2, 2.5.8 asks for 24 px; thumbs like more.
    if (box !== null)
      expect([await button.textContent(), box.height >= 32]).toEqual([await button.textContent(), true]);
  }
  await screenshot(page, "phone");
});

test("the dark theme follows the system, can be chosen, and is remembered", async () => {
  const page = await fullPage({ colorScheme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await screenshot(page, "dark");
  await page.getByRole("button", { name: "Use the light theme" }).click();
  const light = await background();
  expect(light).not.toBe(dark);
  await page.reload();
  expect(await background()).toBe(light);
  await page.getByRole("button", { name: "Use the dark theme" }).click();
  expect(await background()).toBe(dark);
  await screenshot(page, "dark-chosen");
});

test.each(["light", "dark"] as const)(
  "in the %s theme all text stands out from its ground (WCAG AA)",
  async (colorScheme) => {
    const page = await fullPage({ colorScheme });
    expect(await page.evaluate(faintTexts)).toEqual([]);
  },
);

/** Runs in the page: texts with a contrast below 4.5 : 1 (3 : 1 when large), with their ratio. */
function faintTexts(): string[] {
  const channels = (color: string) => (/rgba?\(([^)]+)\)/.exec(color)?.[1] ?? "0,0,0,0").split(",").map(Number);
  const luminance = (color: number[]) => {
    const [r = 0, g = 0, b = 0] = color.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element: Element | null): number[] => {
    if (element === null) return [255, 255, 255];
    const color = channels(getComputedStyle(element).backgroundColor);
    return (color[3] ?? 1) === 0 ? groundOf(element.parentElement) : color;
  };
  const faint: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element === null || node.textContent?.trim() === "" || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(channels(style.color)), luminance(groundOf(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < (Number.parseFloat(style.fontSize) >= 24 ? 3 : 4.5))
      faint.push(`${node.textContent}: ${ratio.toFixed(2)}`);
  }
  return faint;
}
