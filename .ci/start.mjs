// @ts-check
/** README promises that `npm start` starts the desk and prints its address, and that Ctrl-C ends it in good order. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const STOP_TIMEOUT_MS = 30_000;

const desk = spawn("npm", ["start", "--", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
  detached: true,
});
// "close" comes when all who could print have ended: the desk, too, and not only npm, which leaves first after Ctrl-C.
const ended = once(desk, "close");
try {
  const early = ended.then(() => Promise.reject(new Error("npm start ended.")));
  const address = await Promise.race([printedAddress(), early]);
  const response = await fetch(address);
  const page = await response.text();
  if (!response.ok || !page.includes("<html")) throw new Error(`${address} answers ${response.status} and no page.`);
  interrupt("SIGINT");
  const late = once(AbortSignal.timeout(STOP_TIMEOUT_MS), "abort");
  await Promise.race([ended, late.then(() => Promise.reject(new Error("Ctrl-C did not end the desk.")))]);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  interrupt("SIGKILL");
}

/** Resolves to the first address that the desk prints. */
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
 * Like the terminal: to the whole group, npm and the desk.
 * @param {NodeJS.Signals} signal
 */
function interrupt(signal) {
  try {
    process.kill(-(/** @type {number} */ (desk.pid)), signal);
  } catch {
    // They have all ended.
  }
}
