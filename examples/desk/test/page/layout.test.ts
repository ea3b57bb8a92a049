import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { activity, closeBrowser, openPage, overflow, screenshot } from "../support/open-page.ts";
import { startDesk } from "../support/start-desk.ts";

afterAll(closeBrowser);

/** Opens a page with content in every pane. */
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
  await page.getByRole("button", { name: "Cut Desk" }).click();
  await activity(page, /Desk reconnected after/);
  await page.locator(".tile canvas").last().waitFor();
  return page;
}

it("does not scroll sideways, whether it opens at a width or its window becomes narrower or wider", async () => {
  const page = await fullPage({ viewport: { width: 1_024, height: 844 } });
  expect(await overflow(page)).toBe(0);
  for (const width of [768, 390, 320, 1_024, 1_440]) {
    await page.setViewportSize({ width, height: 844 });
    await expect.poll(() => overflow(page), { message: `at ${width} px` }).toBe(0);
    await screenshot(page, `width-${width}`);
  }
});

it("does not scroll sideways on a phone, and has buttons of at least 32 px height", async () => {
  const page = await fullPage({ viewport: { width: 320, height: 844 }, hasTouch: true, isMobile: true });
  expect(await overflow(page)).toBe(0);
  for (const button of await page.getByRole("button").all()) {
    const box = await button.boundingBox();
    // WCAG 2.2, 2.5.8 requires 24 px. Thumbs need more.
    if (box !== null)
      expect([await button.textContent(), box.height >= 32]).toEqual([await button.textContent(), true]);
  }
  await screenshot(page, "phone");
});

it("follows the system's theme, and remembers a chosen one", async () => {
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

it("has enough contrast between text and background in both themes (WCAG AA)", async () => {
  const page = await fullPage({ colorScheme: "light" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  expect(await page.evaluate(lowContrastTexts)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(background).not.toBe(light);
  expect(await page.evaluate(lowContrastTexts)).toEqual([]);
});

/** Returns texts with a contrast below 4.5 : 1, or 3 : 1 if large, with their ratio. Runs in the page. */
function lowContrastTexts(): string[] {
  const channels = (color: string) => (/rgba?\(([^)]+)\)/.exec(color)?.[1] ?? "0,0,0,0").split(",").map(Number);
  const luminance = (color: number[]) => {
    const [r = 0, g = 0, b = 0] = color.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backgroundOf = (element: Element | null): number[] => {
    if (element === null) return [255, 255, 255];
    const color = channels(getComputedStyle(element).backgroundColor);
    return (color[3] ?? 1) === 0 ? backgroundOf(element.parentElement) : color;
  };
  const texts: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element === null || node.textContent?.trim() === "" || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(channels(style.color)), luminance(backgroundOf(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < (Number.parseFloat(style.fontSize) >= 24 ? 3 : 4.5))
      texts.push(`${node.textContent}: ${ratio.toFixed(2)}`);
  }
  return texts;
}
