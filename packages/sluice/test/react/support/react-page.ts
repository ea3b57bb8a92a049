import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import type * as React from "react";
import type { flushSync } from "react-dom";
import type { createRoot, hydrateRoot } from "react-dom/client";
import { build } from "rolldown";
import { launchChromium } from "../../../../../scripts/programs/launch-chromium.mjs";
import type { shareEventStream } from "../../../src/client/index.ts";
import type { useEventStream, useEvents } from "../../../src/react/index.ts";

/** The scope of a scenario: React, its renderer, and the hooks. */
export type ReactScope = typeof React & {
  readonly createRoot: typeof createRoot;
  readonly hydrateRoot: typeof hydrateRoot;
  readonly flushSync: typeof flushSync;
  readonly shareEventStream: typeof shareEventStream;
  readonly useEvents: typeof useEvents;
  readonly useEventStream: typeof useEventStream;
  /** Resolves once the condition holds. */
  until(condition: () => unknown): Promise<void>;
};

/**
 * Code of a test that runs in a page. It is sent there as text: it must use nothing but its arguments and globals.
 * Argument and result must be JSON.
 */
export type ReactScenario<Argument, Result> = (scope: ReactScope, argument: Argument) => Result | Promise<Result>;

/** A tab of Chromium that runs scenarios with the development build of React. */
export interface ReactPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings that the page printed. */
  readonly complaints: readonly string[];
  /** Runs a scenario in a new document. */
  run<Argument, Result>(scenario: ReactScenario<Argument, Result>, argument: Argument): Promise<Result>;
}

/** Bundles React with the built package, and starts Chromium. */
export async function startReactPage(): Promise<ReactPage> {
  const { output } = await build({
    input: fileURLToPath(new URL("../programs/scope.mjs", import.meta.url)),
    write: false,
    platform: "browser",
    transform: { define: { "process.env.NODE_ENV": '"development"' } },
  });
  const files = new Map(output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : ""]));
  const entry = output.find((file) => file.type === "chunk" && file.isEntry)!.fileName;
  const server = createServer(({ url = "/" }, response) => {
    const code = files.get(url);
    const page = `<!doctype html><link rel="icon" href="data:,"><main></main>
      <script type="module" src="/${entry}"></script>`;
    response.writeHead(200, { "content-type": code === undefined ? "text/html" : "text/javascript" }).end(code ?? page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await launchChromium();
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return {
    page,
    complaints,
    async run(scenario, argument) {
      complaints.length = 0;
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction("globalThis.runInScope !== undefined");
      return page.evaluate(
        ([source, given]) =>
          (globalThis as unknown as { runInScope(source: string, argument: unknown): Promise<never> }).runInScope(
            source,
            given,
          ),
        [scenario.toString(), argument as unknown] as const,
      );
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.close().closeAllConnections();
    },
  };
}
