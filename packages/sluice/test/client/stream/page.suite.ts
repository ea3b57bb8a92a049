import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM_FLAGS } from "../../../../../scripts/programs/launch-chromium.mjs";
import { programPath } from "../../../../../scripts/programs/programs.mjs";
import type { EventStreamOptions } from "../../../src/client/index.ts";
import type { Channel } from "../../../src/index.ts";
import { Site } from "../../support/site.ts";
import { until } from "../../support/until.ts";
import { startPageServer } from "../support/runtimes/page-server.ts";

/** No attempt begins by the back-off during a test. */
const LONG_MS = 3_600_000;
/** A timer that is late by more than 10 s shows sleep. The client looks every 5 s. */
const SLEEP_MS = 17_000;

/** A page in Chromium that reads a channel, and reports to its server what it has received. */
class ReadingPage implements AsyncDisposable {
  readonly seen: number[] = [];
  readonly reports: string[] = [];
  /** Number of requests for the stream. */
  requests = 0;
  site!: Site;
  channel!: Channel;
  page!: Page;
  context!: BrowserContext;
  #published = 0;
  #stop: (() => PromiseLike<void>)[] = [];

  static async open(browser: Browser, options: EventStreamOptions = {}): Promise<ReadingPage> {
    const reading = new ReadingPage();
    const pages = await startPageServer();
    const site = await Site.open();
    reading.site = site;
    reading.channel = site.sluice.channel("numbers");
    site.source = reading.channel.subscribe();
    site.answer = (request, response) => {
      const url = new URL(request.url ?? "/", "http://localhost");
      const name = url.searchParams.get("report");
      if (url.pathname === "/stream") {
        reading.requests++;
        return void site.stream(request, response);
      }
      if (name) reading.reports.push(name);
      if (url.searchParams.has("n")) reading.seen.push(Number(url.searchParams.get("n")));
      response.writeHead(200, { "content-type": "text/html" });
      response.end(url.pathname === "/page" ? pages.html() : "<!doctype html><title>other</title>");
    };
    reading.context = await browser.newContext();
    reading.page = await reading.context.newPage();
    reading.#stop = [
      () => reading.context.close(),
      () => site[Symbol.asyncDispose](),
      () => pages[Symbol.asyncDispose](),
    ];
    await reading.page.goto(`http://127.0.0.1:${site.port}/page`);
    await reading.page.waitForFunction("globalThis.run !== undefined");
    // The first stream may take seconds on a busy machine, as if a proxy held it back. The requests are counted.
    const own = { shortStreams: false, ...options };
    await reading.page.evaluate(
      ([scenario, given]) => (globalThis as never as { run(s: string, a: unknown): unknown }).run(scenario, given),
      [read.toString(), own] as const,
    );
    await reading.connected(1);
    // The code that watches the page and the network loads while the stream is open already.
    const rest = `${pages.origin}/dist/client/stream/on-demand.js`;
    // A text: Vitest replaces `import()` in functions.
    await reading.page.evaluate(`import("${rest}").then(() => new Promise((next) => setTimeout(next)))`);
    return reading;
  }

  /** Resolves when the stream has been asked for this often, and is open. */
  async connected(requests: number): Promise<void> {
    const isConnected = () => this.requests === requests && this.channel.stats().live === 1;
    await until(`request ${requests} is open`, isConnected, 40_000);
  }

  async publish(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.channel.publish("n", this.#published++);
  }

  /** Resolves when the page has received all events. Fails if one is missing, doubled or out of order. */
  async complete(): Promise<void> {
    await until("the page has reported all events", () => this.seen.length >= this.#published, 40_000);
    expect(this.seen).toEqual(Array.from({ length: this.#published }, (_, i) => i));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stop) await stop();
  }
}

/** Runs in the page: opens the stream, and reports each event. */
async function read({ openEventStream }: typeof import("../../../src/client/index.ts"), options: EventStreamOptions) {
  const stream = openEventStream("/stream", options);
  // One report at a time, also while the network is off.
  stream.on("n", async (n) => {
    while (!(await fetch(`/report?n=${n}`).catch(() => undefined))) await new Promise((next) => setTimeout(next, 50));
  });
  addEventListener("pageshow", ({ persisted }) => void (persisted && fetch("/report?report=persisted")));
  addEventListener("online", () => void fetch("/report?report=online"));
}

// `allRuntimes()` reports it if Chromium is missing.
if (programPath("chromium") !== undefined)
  describe("openEventStream() in a page of Chromium", () => {
    let browser: Browser;
    beforeAll(async () => {
      // Playwright turns the back/forward cache off.
      const ignoreDefaultArgs = ["--disable-back-forward-cache"];
      const executablePath = programPath("chromium")!;
      browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS], ignoreDefaultArgs });
    });
    afterAll(() => browser?.close());

    it("closes when the page is left, which so enters the back/forward cache, and resumes with the page", async () => {
      await using reading = await ReadingPage.open(browser, { backoff: LONG_MS, maxBackoff: LONG_MS });
      await reading.publish(3);
      await reading.complete();
      await reading.page.goto(`http://127.0.0.1:${reading.site.port}/other`);
      await until("the stream has ended", () => reading.channel.stats().live === 0);
      await reading.publish(3);
      await reading.page.evaluate("history.back()").catch(() => undefined);
      await until("the page came from the cache", () => reading.reports.includes("persisted"));
      await reading.connected(2);
      await reading.publish(3);
      await reading.complete();
    });

    it("connects at once when the network is back, although the back-off would take long", async () => {
      await using reading = await ReadingPage.open(browser, { backoff: LONG_MS, maxBackoff: LONG_MS });
      await reading.publish(3);
      await reading.complete();
      await reading.context.setOffline(true);
      await reading.site.sluice.disconnect(() => true);
      await until("the stream has ended", () => reading.channel.stats().live === 0);
      await reading.publish(3);
      await reading.context.setOffline(false);
      await until("the page is online", () => reading.reports.includes("online"));
      await reading.connected(2);
      await reading.complete();
    });

    it("connects at once after sleep: its process stood still", async () => {
      await using reading = await ReadingPage.open(browser, { backoff: LONG_MS, maxBackoff: LONG_MS });
      await reading.publish(3);
      await reading.complete();
      const session = await browser.newBrowserCDPSession();
      const { processInfo } = await session.send("SystemInfo.getProcessInfo");
      const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
      for (const pid of renderers) process.kill(pid, "SIGSTOP");
      await reading.publish(3);
      await new Promise((resolve) => setTimeout(resolve, SLEEP_MS));
      expect(reading.requests).toBe(1);
      for (const pid of renderers) process.kill(pid, "SIGCONT");
      await reading.connected(2);
      await reading.complete();
    });
  });
