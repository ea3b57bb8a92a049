import type { ServerResponse } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../../../scripts/programs/launch-chromium.mjs";
import { programPath } from "../../../../../scripts/programs/programs.mjs";
import { Site } from "../../support/site.ts";
import { until } from "../../support/until.ts";

const PAGE = `<!doctype html><title>test</title><script>
  const seen = [];
  const states = [];
  const source = new EventSource("/stream");
  source.onopen = () => states.push("open");
  source.onerror = () => states.push("error");
  source.addEventListener("n", ({ data, lastEventId }) => seen.push({ data, lastEventId }));
</script>`;

describe.skipIf(programPath("chromium") === undefined)("EventSource of Chromium, with compression", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser?.close());

  it("receives each event as soon as it is published, and resumes after an end", async () => {
    await using site = await Site.open({ compress: true, retry: 50 });
    const channel = site.sluice.channel<{ n: number }>("news");
    site.source = channel.subscribe();
    const { answer } = site;
    site.answer = (request, response) => {
      if (request.url === "/stream") return answer(request, response);
      (response as ServerResponse).setHeader("content-type", "text/html").end(PAGE);
    };
    const page = await browser.newPage();
    const encodings: (string | undefined)[] = [];
    page.on("response", (response) => {
      if (response.url().endsWith("/stream")) encodings.push(response.headers()["content-encoding"]);
    });
    await page.goto(`http://127.0.0.1:${site.port}/`);
    const seen = () => page.evaluate<{ data: string; lastEventId: string }[]>("seen");

    // `onopen` fires before the first event.
    await page.waitForFunction("states.includes('open')");
    expect(await seen()).toEqual([]);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      ids.push(await channel.publish("n", i));
      // Publishes the next event only after this one has arrived: no event waits for another, or for the end.
      await until("the page has the event", async () => (await seen()).length === i + 1);
    }
    expect(site.reasons).toEqual([]);

    site.sluice.disconnect(() => true);
    ids.push(await channel.publish("n", 5));
    await until("the page has the events that it missed", async () => (await seen()).length === 6);
    expect(await seen()).toEqual(ids.map((lastEventId, i) => ({ data: String(i), lastEventId })));
    expect(encodings).toEqual(["gzip", "gzip"]);
    await page.close();
    await until("the page has left", () => site.sluice.connections().length === 0);
    expect(site.reasons).toEqual(["disconnected", "client"]);
  });
});
