import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { buildDesk, type Desk } from "../../server/desk.ts";
import type { DeskOptions } from "../../server/options.ts";

/** The built page. */
const PAGE_FOLDER = fileURLToPath(new URL("../../dist/page", import.meta.url));
/** A short reconnection time, so that tests do not wait long for a browser to reconnect. */
const RETRY_MS = 400;

/** A busy machine must not raise alerts that the test does not expect. */
const NO_ALERTS = { lagMs: Number.POSITIVE_INFINITY, rssBytes: Number.POSITIVE_INFINITY };

/** A desk that listens. It closes when the test ends. */
export interface RunningDesk {
  readonly desk: Desk;
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a desk on `port`, or on a free port, with the generator off. */
export async function startDesk(options: DeskOptions = {}, port = 0): Promise<RunningDesk> {
  if (!existsSync(`${PAGE_FOLDER}/index.html`)) throw new Error("The page is not built. Run: npm run build");
  const alerts = { ...NO_ALERTS, ...options.alerts };
  const desk = await buildDesk({ pageFolder: PAGE_FOLDER, retry: RETRY_MS, exportPace: 1, ...options, alerts });
  const close = () => desk.app.close().then(() => undefined);
  onTestFinished(close);
  await desk.app.listen({ port, host: "127.0.0.1" });
  const url = desk.origin();
  return { desk, url, port: Number(new URL(url).port), close };
}
