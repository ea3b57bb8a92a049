// @ts-check
/** Checks README's promise: `npm start` starts the desk and prints its address, and Ctrl-C ends it. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const STOP_TIMEOUT_MS = 30_000;

const desk = spawn("npm", ["start", "--", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
  detached: true,
});
// "close" comes when npm and the desk have both ended. After Ctrl-C, npm exits first.
const ended = once(desk, "close");
try {
  const early = ended.then(() => Promise.reject(new Error("npm start ended before it printed an address.")));
  const address = await Promise.race([printedAddress(), early]);
  const response = await fetch(address);
  const page = await response.text();
  if (!response.ok || !page.includes("<html"))
    throw new Error(`${address} answered ${response.status} and sent no page.`);
  interrupt("SIGINT");
  const late = once(AbortSignal.timeout(STOP_TIMEOUT_MS), "abort");
  await Promise.race([
    ended,
    late.then(() => Promise.reject(new Error(`The desk did not end within ${STOP_TIMEOUT_MS} ms after Ctrl-C.`))),
  ]);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  interrupt("SIGKILL");
}

/** Resolves with the first address that the desk prints. */
function printedAddress() {
  let printed = "";
  return new Promise((resolve) => {
    desk.stdout.setEncoding("utf8").on("data", (text) => {
      process.stdout.write(text);
      printed += text;
      const address = /https?:\/\/[\w.[\]:]+:\d+/.exec(printed)?.[0];
      if (address) resolve(address);
    });
  });
}

/**
 * Sends a signal to the process group, npm and the desk, as a terminal does.
 * @param {NodeJS.Signals} signal
 */
function interrupt(signal) {
  try {
    process.kill(-(/** @type {number} */ (desk.pid)), signal);
  } catch {
    // All processes of the group have ended.
  }
}
