// @ts-check
/**
 * Reports to systemd that the process answers on its port. Reports twice per WatchdogSec that its event loop turns: if
 * the loop is blocked for longer, systemd restarts the process. Load it with `node --import`. Does nothing without
 * systemd.
 */
import { spawn } from "node:child_process";

const { NOTIFY_SOCKET, WATCHDOG_USEC, PORT = "8080" } = process.env;
const STEP_MS = 100;

if (NOTIFY_SOCKET) {
  reportWhenReady();
  const intervalMs = Number(WATCHDOG_USEC) / 2_000;
  if (intervalMs > 0) setInterval(() => notify("WATCHDOG=1"), intervalMs).unref();
}

/** Reports the start as soon as the process answers: `systemctl restart` of the next process waits for it. */
async function reportWhenReady() {
  const response = await fetch(`http://localhost:${PORT}/health/live`).catch(() => undefined);
  await response?.body?.cancel();
  if (response?.ok) notify("--ready");
  else setTimeout(reportWhenReady, STEP_MS).unref();
}

/** Sends a state. Node has no datagrams on Unix sockets, so the program of systemd does it. @param {string} state */
function notify(state) {
  spawn("systemd-notify", [state], { stdio: "ignore" }).on("error", (error) => {
    console.error(`systemd-notify failed: ${error.message}`);
  });
}
