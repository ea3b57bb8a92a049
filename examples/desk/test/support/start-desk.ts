import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { buildDesk, type Desk } from "../../server/desk.ts";
import type { DeskOptions } from "../../server/options.ts";

/** The built page. */
const PAGE_FOLDER = fileURLToPath(new URL("../../dist/page", import.meta.url));
/** Short, so that a test need not wait for a browser to come back. */
const RETRY_MS = 400;

/** A machine that is busy with tests must not raise alerts that no test asked for. */
const NO_ALERTS = { lagMs: Number.POSITIVE_INFINITY, rssBytes: Number.POSITIVE_INFINITY };

/** A desk that listens. It is closed when the test is over. */
export interface RunningDesk {
  readonly desk: Desk;
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a desk on a free port (or on `port`), with nothing going on by itself. */
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
