import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../scripts/programs/launch-chromium.mjs";
import { DeskProcess } from "../support/desks/desk-process.ts";
import { STREAM } from "../support/desks/proxied-desk.ts";
import { eventually } from "../support/eventually.ts";
import { HAPROXY, NGINX } from "../support/proxies/proxies.ts";
import { ProxyProcess } from "../support/proxies/proxy-process.ts";

const SOURCES = 30;

/** The EventSources of a page, and the event IDs that each has received. */
interface PageSources {
  readonly sources: readonly { readonly readyState: number }[];
  readonly ids: readonly (readonly string[])[];
}

/** Opens EventSources in the page, all over one connection of HTTP/2. */
function openSources(page: Page): Promise<void> {
  return page.evaluate(
    ([path, count]) => {
      const ids: string[][] = [];
      const sources = Array.from({ length: count }, (_, index) => {
        const own: string[] = [];
        ids.push(own);
        // The query keeps Chromium from joining requests for the same address.
        const source = new EventSource(`${path}?key=${index}`);
        source.addEventListener("orders", ({ lastEventId }) => void own.push(lastEventId));
        return source;
      });
      Object.assign(globalThis, { opened: { sources, ids } });
    },
    [STREAM, SOURCES] as const,
  );
}

/** Returns how many of the EventSources have this state: 1 is open, 2 is closed for good. */
function countOf(page: Page, state: number): Promise<number> {
  return page.evaluate((wanted) => {
    const { sources } = (globalThis as unknown as { opened: PageSources }).opened;
    return sources.filter(({ readyState }) => readyState === wanted).length;
  }, state);
}

function idsOf(page: Page): Promise<readonly (readonly string[])[]> {
  return page.evaluate(() => (globalThis as unknown as { opened: PageSources }).opened.ids);
}

describe.each([NGINX, HAPROXY])("native EventSources of Chromium behind $name", (kind) => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launchChromium()));
  afterAll(() => browser?.close());

  it.each([
    ["a single desk restarts", 1],
    ["two desks restart one after the other", 2],
  ])("stay alive and miss no event while %s", async (_, count) => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-chromium-"));
    const desks: DeskProcess[] = [];
    let proxy: ProxyProcess | undefined;
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    try {
      for (let i = 0; i < count; i++) desks.push(await DeskProcess.start(folder));
      proxy = await ProxyProcess.start(kind, { desks: [desks[0]!.port, desks.at(-1)!.port] });
      await page.goto(`https://localhost:${proxy.tlsPort}/health/live`);
      await page.evaluate(async () => {
        const headers = { "content-type": "application/json" };
        await fetch("/api/session", { method: "POST", headers, body: JSON.stringify({ userId: "ada" }) });
      });
      await openSources(page);
      const settled = async () => (await countOf(page, 1)) + (await countOf(page, 2)) === SOURCES;
      await eventually("all EventSources are open", settled);
      const headers = await desks[0]!.signIn();
      const placed: string[] = [];
      for (const desk of desks) {
        placed.push(await desk.placeOrder(headers));
        expect(await desk.stop()).toBe(0);
        await desk.start();
        placed.push(await desk.placeOrder(headers));
        await eventually("all have the event or gave up", async () => {
          const [dead, ids] = [await countOf(page, 2), await idsOf(page)];
          return dead + ids.filter((own) => own.includes(placed.at(-1)!)).length >= SOURCES;
        });
      }
      const dead = await countOf(page, 2);
      console.log(`${kind.name}, Chromium, ${count === 1 ? "single" : "rolling"} restart: ${dead} of ${SOURCES} dead`);
      expect(dead).toBe(0);
      for (const own of await idsOf(page)) expect(own).toEqual(placed);
    } finally {
      await page.close();
      await proxy?.stop();
      for (const desk of desks) await desk[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  });
});
