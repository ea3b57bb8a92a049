import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../../../scripts/programs/launch-chromium.mjs";
import { programPath } from "../../../../../scripts/programs/programs.mjs";
import { startServer } from "../../support/test-server.ts";

describe.skipIf(programPath("chromium") === undefined)("the `Accept` of openEventStream()", () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser?.close());

  it("needs no preflight across origins, where a header of its own would", async () => {
    const seen: string[] = [];
    await using server = await startServer((request, response) => {
      if (request.url === "/api") seen.push(`${request.method} ${request.headers.accept}`);
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("access-control-allow-headers", "*");
      response.end();
    });
    const page = await browser.newPage();
    await page.goto(`http://localhost:${server.port}/`);
    await page.evaluate(async (url) => {
      await fetch(url, { headers: { accept: "text/event-stream, */*" } });
      await fetch(url, { headers: { "x-own": "1" } });
    }, `http://127.0.0.1:${server.port}/api`);
    expect(seen).toEqual(["GET text/event-stream, */*", "OPTIONS */*", "GET */*"]);
    await page.close();
  });
});
