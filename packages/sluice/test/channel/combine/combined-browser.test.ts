import type { ServerResponse } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../../../scripts/programs/launch-chromium.mjs";
import { programPath } from "../../../../../scripts/programs/programs.mjs";
import { Site } from "../../support/site.ts";
import { until } from "../../support/until.ts";

const PAGE = `<!doctype html><title>test</title><script>
  const seen = [];
  const source = new EventSource("/stream");
  for (const type of ["orders.placed", "notices.note", "gap"])
    source.addEventListener(type, ({ data }) => seen.push(type + " " + data));
</script>`;

describe.skipIf(programPath("chromium") === undefined)("EventSource of Chromium, on a combined stream", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser?.close());

  it.each([false, true])("resumes each channel exactly by itself (compress: %s)", async (compress) => {
    await using site = await Site.open({ compress, retry: 50 });
    const [orders, notices] = [site.sluice.channel("orders"), site.sluice.channel("notices")];
    site.source = site.sluice.combine({ orders: orders.subscribe(), notices: notices.subscribe() });
    const { answer } = site;
    site.answer = (request, response) => {
      if (request.url === "/stream") return answer(request, response);
      (response as ServerResponse).setHeader("content-type", "text/html").end(PAGE);
    };
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${site.port}/`);
    const seen = () => page.evaluate<string[]>("seen");
    await until("it is live", () => orders.stats().live === 1 && notices.stats().live === 1);
    const expected: string[] = [];
    for (let i = 0; i < 6; i++) {
      // Alternately while it is connected, and while it is not.
      if (i % 2 === 1) site.sluice.disconnect({ channel: "notices" });
      await orders.publish("placed", i);
      await notices.publish("note", i);
      expected.push(`orders.placed ${i}`, `notices.note ${i}`);
      await until("the page has both events", async () => (await seen()).length === expected.length);
    }
    // No order is promised between channels.
    expect((await seen()).sort()).toEqual(expected.sort());
    expect(site.reasons).toEqual(["disconnected", "disconnected", "disconnected"]);
    await page.close();
  });
});
