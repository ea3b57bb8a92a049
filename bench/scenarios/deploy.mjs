/**
 * A rolling deploy of two processes behind HAProxy and behind nginx, with 5,000 clients. It runs the suite of the
 * proxies with more clients. The run fails if a client misses an event or sees an error page.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const SUITE = "deploy/test/restarts/rolling-deploy.suite.ts";
const CLIENTS = 5_000;
const QUICK_CLIENTS = 200;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run({ quick }) {
  const args = ["vitest", "run", "--config", "vitest.proxies.config.ts", SUITE];
  const env = { ...process.env, DEPLOY_CLIENTS: String(quick ? QUICK_CLIENTS : CLIENTS) };
  const child = spawn("npx", args, { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error("The rolling deploy failed: see above.");
  return [];
}
