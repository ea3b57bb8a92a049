// @ts-check
/**
 * Reports to systemd that the process has started, and then, twice per WatchdogSec, that its event loop turns. If the
 * loop is blocked for longer, systemd restarts the process. Load it with `node --import`. Without systemd it does
 * nothing.
 */
import { spawn } from "node:child_process";

const { NOTIFY_SOCKET, WATCHDOG_USEC } = process.env;

if (NOTIFY_SOCKET) {
  notify("--ready");
  const intervalMs = Number(WATCHDOG_USEC) / 2_000;
  if (intervalMs > 0) setInterval(() => notify("WATCHDOG=1"), intervalMs).unref();
}

/** Sends a state. Node has no datagrams on Unix sockets, so the program of systemd does it. @param {string} state */
function notify(state) {
  spawn("systemd-notify", [state], { stdio: "ignore" }).on("error", (error) => {
    console.error(`systemd-notify failed: ${error.message}`);
  });
}
