import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { launchChromium } from "../../../../scripts/programs/launch-chromium.mjs";

const SCREENSHOTS = fileURLToPath(new URL("../../../../artifacts/screenshots/", import.meta.url));
const DESKTOP = { width: 1440, height: 900 };

let launching: Promise<Browser> | undefined;

/** Closes the browser. Call it after all tests of a file. */
export async function closeBrowser(): Promise<void> {
  await (await launching)?.close();
  launching = undefined;
}

/**
 * Opens the desk in a new browser context and waits until its stream is open. The test fails if the page reports an
 * error.
 */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  launching ??= launchChromium();
  const context = await (await launching).newContext({ viewport: DESKTOP, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    // The browser logs this itself if a request fails, for example because the server is down.
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) errors.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(errors).toEqual([]);
  });
  await page.goto(url);
  await streamIs(page, "Desk", "open");
  return page;
}

/** Waits until the inspector shows a stream in this state. */
export async function streamIs(page: Page, name: string, state: string): Promise<void> {
  await streamRow(page, name)
    .and(page.locator(`[data-state="${state}"]`))
    .waitFor();
}

/** Returns the row of a stream in the inspector. */
export function streamRow(page: Page, name: string): Locator {
  return page.locator(".stream").filter({ has: page.getByRole("heading", { level: 3, name, exact: true }) });
}

/** Returns a value that the inspector shows for a part of a stream: `received`, `replayed`, `gaps` or `last-id`. */
export function fact(page: Page, part: string, value: string): Promise<string | null> {
  const row = page.locator(".part").filter({ has: page.getByRole("heading", { level: 4, name: part, exact: true }) });
  return row.locator(`.${value}`).textContent();
}

/** Returns how often a stream has connected again, as the inspector shows it. */
export function reconnects(page: Page, stream: string): Promise<string | null> {
  return streamRow(page, stream).locator(".reconnects").textContent();
}

/** Waits until the inspector's activity list has a matching line. */
export function activity(page: Page, text: RegExp): Promise<void> {
  return page.locator("#activity").getByText(text).first().waitFor();
}

/** Takes a screenshot of the whole page, for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
}

/** Returns how much wider the page is than its window, in px. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
