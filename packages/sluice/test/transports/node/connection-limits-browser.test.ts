import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { launchChromium } from "../../../../../scripts/programs/launch-chromium.mjs";
import { programPath } from "../../../../../scripts/programs/programs.mjs";
import { createSluice, type NodeResponse } from "../../../src/index.ts";
import { type ServerKind, startServer } from "../../support/test-server.ts";
import { until } from "../../support/until.ts";

/** Streams of one page. Chromium assumes a limit of 100 if a server announces none. */
const MANY = 120;
/** The connections of HTTP/1.1 that Chromium opens to a host. */
const CONNECTIONS = 6;

interface OpenedPage {
  /** `EventSource`s of the page. */
  readonly sources: EventSource[];
}

async function serve(kind: ServerKind) {
  const sluice = createSluice();
  const news = sluice.channel("news");
  const server = await startServer((request, response) => {
    if (request.url?.startsWith("/stream/"))
      return void sluice.stream(request, response as NodeResponse, news.subscribe());
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>limits</title>");
  }, kind);
  let sessions = 0;
  server.server.on("session", () => sessions++);
  onTestFinished(async () => {
    await sluice.close();
    await server[Symbol.asyncDispose]();
  });
  const origin = `${kind === "http" ? "http" : "https"}://127.0.0.1:${server.port}`;
  return { sluice, origin, sessions: () => sessions };
}

async function openStreams(page: Page, origin: string, count: number): Promise<void> {
  await page.goto(`${origin}/`);
  await page.evaluate((length) => {
    const sources = Array.from({ length }, (_, index) => new EventSource(`/stream/${index}`));
    Object.assign(globalThis, { sources });
  }, count);
}

/** Returns how many of the page's streams are open. */
const countOpen = (page: Page) =>
  page.evaluate(() => {
    const { sources } = globalThis as unknown as OpenedPage;
    return sources.filter(({ readyState }) => readyState === EventSource.OPEN).length;
  });

describe.skipIf(programPath("chromium") === undefined)("a page of Chromium", () => {
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    browser = await launchChromium();
    context = await browser.newContext({ ignoreHTTPSErrors: true });
  });

  afterAll(() => browser?.close());

  it(`has ${MANY} streams on one connection of HTTP/2, and its other requests are answered`, async () => {
    const site = await serve("http2s");
    const page = await context.newPage();
    await openStreams(page, site.origin, MANY);
    await until("all are open", async () => (await countOpen(page)) === MANY);
    expect(await page.evaluate(() => fetch("/").then(({ status }) => status))).toBe(200);
    expect([site.sluice.stats().streams, site.sessions()]).toEqual([MANY, 1]);
    await page.close();
  });

  it("waits with the seventh stream of HTTP/1.1 until one of the others closes", async () => {
    const site = await serve("http");
    const page = await context.newPage();
    await openStreams(page, site.origin, CONNECTIONS + 1);
    await until("six are open", async () => (await countOpen(page)) === CONNECTIONS);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
    expect([await countOpen(page), site.sluice.stats().opened]).toEqual([CONNECTIONS, CONNECTIONS]);
    await page.evaluate(() => (globalThis as unknown as OpenedPage).sources[0]?.close());
    await until("the seventh is open", () => site.sluice.stats().opened === CONNECTIONS + 1);
    await page.close();
  });
});
