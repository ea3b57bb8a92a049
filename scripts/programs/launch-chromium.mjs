// @ts-check
import { chromium } from "playwright-core";
import { programPath } from "./programs.mjs";

/** Without the sandbox, which a container does not allow, and without connections of the browser's own. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Time for the start on a busy machine, in ms. */
const START_MS = 120_000;

/** Launches Chromium for a test. Throws if this machine does not have it. */
export function launchChromium() {
  const executablePath = programPath("chromium");
  if (executablePath === undefined) throw new Error("This test needs Chromium. `npm test` finds or installs it.");
  return chromium.launch({ executablePath, args: CHROMIUM_FLAGS, timeout: START_MS });
}
