import type { Page } from "playwright-core";
import { launchChromium } from "../../../../../../scripts/programs/launch-chromium.mjs";
import { type PageServer, startPageServer } from "./page-server.ts";
import type { Runtime } from "./runtime.ts";

/** A tab of Chromium that runs scenarios with the built client. */
export interface ChromiumRuntime extends Runtime, Pick<PageServer, "origin" | "html"> {
  readonly page: Page;
  /** Loads a page that runs scenarios, from any origin. */
  visit(url: string): Promise<void>;
}

/** Starts Chromium with a page that runs scenarios. */
export async function startChromium(): Promise<ChromiumRuntime> {
  const server = await startPageServer();
  const { origin, html } = server;
  const browser = await launchChromium();
  const page = await browser.newPage();
  const visit = async (url: string) => {
    await page.goto(url);
    await page.waitForFunction("globalThis.run !== undefined");
  };
  await visit(`${origin}/`);
  return {
    page,
    origin,
    html,
    visit,
    run: (scenario, argument) =>
      page.evaluate(
        ([source, given]) =>
          (globalThis as unknown as { run(source: string, argument: unknown): Promise<never> }).run(source, given),
        [scenario.toString(), argument as unknown] as const,
      ),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
