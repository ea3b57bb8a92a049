import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../../../scripts/programs/launch-chromium.mjs";
import { programPath } from "../../../../../scripts/programs/programs.mjs";
import { until } from "../../support/until.ts";
import { RestartableServer } from "./support/restartable-server.ts";

const STREAMS = 30;
/** Chromium opens six connections of HTTP/1.1 to a host. */
const STREAMS_PER_HOST = 6;

/** An `EventSource` of the page, as `evaluate` returns it. */
interface Seen {
  readonly readyState: number;
  readonly data: string | undefined;
}

/** Opens native `EventSource`s in a page, over as many hosts as their connections need. */
async function openStreams(page: Page, origin: string, perHost: number): Promise<() => Promise<Seen[]>> {
  const urls = Array.from({ length: STREAMS }, (_, index) => {
    const host = Math.floor(index / perHost);
    return `${host === 0 ? origin : origin.replace("localhost", `h${host}.localhost`)}/stream/${index}`;
  });
  await page.goto(`${origin}/`);
  await page.evaluate((all) => {
    const opened = all.map((url) => {
      const seen = { source: new EventSource(url), data: undefined as string | undefined };
      seen.source.addEventListener("n", (event) => {
        seen.data = (event as MessageEvent<string>).data;
      });
      return seen;
    });
    Object.assign(globalThis, { opened });
  }, urls);
  return () =>
    page.evaluate(() => {
      const { opened } = globalThis as unknown as { opened: { source: EventSource; data: string | undefined }[] };
      return opened.map(({ source, data }) => ({ readyState: source.readyState, data }));
    });
}

describe.skipIf(programPath("chromium") === undefined)(
  "30 EventSources of Chromium survive restarts on the port",
  () => {
    let browser: Browser;
    let context: BrowserContext;

    beforeAll(async () => {
      browser = await launchChromium();
      context = await browser.newContext({ ignoreHTTPSErrors: true });
    });

    afterAll(() => browser?.close());

    it.each([
      ["HTTP/1.1", "http", STREAMS_PER_HOST],
      ["HTTP/2", "http2s", STREAMS],
    ] as const)(
      "directly on %s: none gives up, and the old process ends by itself",
      async (_, kind, perHost) => {
        await using server = await RestartableServer.start(kind);
        const page = await context.newPage();
        const look = await openStreams(page, server.origin, perHost);
        const allFollow = (pid: number) =>
          until(
            "each receives events of this process",
            async () => (await look()).every(({ data }) => data === `${pid}`),
            30_000,
          );
        await allFollow(server.pid);
        for (let restart = 0; restart < 3; restart++) {
          expect(await server.restart()).toEqual([0, null]);
          await allFollow(server.pid);
        }
        expect((await look()).filter(({ readyState }) => readyState !== EventSourceState.OPEN)).toEqual([]);
        await page.close();
      },
      120_000,
    );
  },
);

const EventSourceState = { OPEN: 1 } as const;
