import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { launchChromium } from "../../../../../../scripts/launch-chromium.mjs";
import type { Runtime } from "./runtime.ts";

const PACKAGE = fileURLToPath(new URL("../../../../", import.meta.url));

/** A tab of Chromium that runs scenarios with the built client. */
export interface ChromiumRuntime extends Runtime {
  readonly page: Page;
  /** Origin of the built client's files, and of the first page. */
  readonly origin: string;
  /** Text of a page that runs scenarios, for a server of another origin. `head`: elements for its head. */
  html(head?: string): string;
  /** Loads such a page. */
  visit(url: string): Promise<void>;
}

/** Starts Chromium with a page that runs scenarios. */
export async function startChromium(): Promise<ChromiumRuntime> {
  const server = createServer(async ({ url = "/" }, response) => {
    const isFile = /^\/(dist|test\/client\/programs)\/[\w/-]+\.m?js$/.test(url);
    if (url === "/") return response.writeHead(200, { "content-type": "text/html" }).end(html());
    if (!isFile) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": "text/javascript", "access-control-allow-origin": "*" });
    return response.end(await readFile(PACKAGE + url));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const html = (head = "") => `<!doctype html><link rel="icon" href="data:,">${head}<script type="module">
    import * as client from "${origin}/dist/client/index.js";
    import { fetchEventSource } from "${origin}/dist/fetch-event-source/index.js";
    import { runScenario } from "${origin}/test/client/programs/recorder.mjs";
    globalThis.run = (source, argument) => runScenario({ ...client, fetchEventSource }, source, argument);
  </script>`;
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
      server.close().closeAllConnections();
    },
  };
}
