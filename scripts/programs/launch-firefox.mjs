// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { programPath } from "./programs.mjs";

/** @typedef {import("./launch-firefox.d.mts").FirefoxPage} FirefoxPage */
/** @typedef {{ resolve: (result: any) => void, reject: (error: Error) => void }} Call */

/** Time for the start, in ms. Firefox makes a new profile. */
const START_MS = 60_000;
/** Time for one script, in ms. */
const SCRIPT_MS = 120_000;

/** Settings of the profile. Port 0: Firefox chooses a port and writes it to a file of the profile. */
const SETTINGS = `
user_pref("marionette.port", 0);
user_pref("remote.prefs.recommended", true);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
`;

/**
 * Launches Firefox for a test, and drives it by its own protocol, Marionette: JSON over a socket, as geckodriver does.
 * WebDriver BiDi would need a package of 57 MB: playwright-core sends commands that Debian's Firefox does not know.
 * Throws if this machine does not have it.
 */
export async function launchFirefox() {
  const path = programPath("firefox");
  if (path === undefined) throw new Error("This test needs Firefox. `npm run test:client` finds or installs it.");
  const profile = await mkdtemp(join(tmpdir(), "sluice-firefox-"));
  await writeFile(join(profile, "user.js"), SETTINGS);
  const args = ["--headless", "--marionette", "--no-remote", "--profile", profile, "about:blank"];
  const child = spawn(path, args, { stdio: "ignore" });
  const close = async () => {
    const isOver = child.exitCode !== null || child.signalCode !== null;
    if (!isOver && child.kill("SIGKILL")) await once(child, "exit");
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const send = await open(await portOf(profile, () => child.exitCode));
    await send("WebDriver:NewSession", { capabilities: { alwaysMatch: {} } });
    await send("WebDriver:SetTimeouts", { script: SCRIPT_MS });
    /** @type {FirefoxPage} */
    const page = {
      navigate: async (url) => void (await send("WebDriver:Navigate", { url })),
      run: async (script, ...given) => (await send("WebDriver:ExecuteScript", { script, args: given })).value,
      [Symbol.asyncDispose]: close,
    };
    return page;
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Resolves to the port of a Firefox that has just been started.
 * @param {string} profile
 * @param {() => number | null} exitCode
 */
async function portOf(profile, exitCode) {
  const file = join(profile, "MarionetteActivePort");
  for (let waited = 0; waited < START_MS; waited += 50) {
    const port = existsSync(file) ? Number(await readFile(file, "utf8")) : 0;
    if (port > 0) return port;
    if (exitCode() !== null) throw new Error(`Firefox has ended with ${exitCode()}.`);
    await sleep(50);
  }
  throw new Error(`Firefox has not started within ${START_MS} ms.`);
}

/**
 * Opens the connection to Firefox. Resolves to a function that sends a command. A message is `length:json`; a command
 * is `[0, id, name, parameters]`, its answer `[1, id, error, result]`.
 * @param {number} port
 * @returns {Promise<(name: string, parameters: object) => Promise<any>>}
 */
async function open(port) {
  const socket = connect(port, "127.0.0.1");
  /** @type {Map<number, Call>} */
  const calls = new Map();
  let lastId = 0;
  let received = Buffer.alloc(0);
  let greet = () => {};
  const greeted = new Promise((resolve) => {
    greet = () => resolve(undefined);
  });
  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes]);
    for (;;) {
      const colon = received.indexOf(":");
      const end = colon + 1 + Number(received.subarray(0, Math.max(0, colon)));
      if (colon < 0 || received.length < end) return;
      const message = JSON.parse(received.subarray(colon + 1, end).toString());
      received = received.subarray(end);
      if (Array.isArray(message)) answer(message);
      else greet();
    }
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    for (const { reject } of calls.values()) reject(new Error("Firefox has closed the connection."));
  });

  /** @param {any[]} message */
  function answer([, id, error, result]) {
    const call = calls.get(id);
    calls.delete(id);
    if (error) call?.reject(new Error(`${error.error}: ${error.message}\n${error.stacktrace}`));
    else call?.resolve(result);
  }

  await Promise.race([greeted, once(socket, "close")]);
  return (name, parameters) =>
    new Promise((resolve, reject) => {
      calls.set(++lastId, { resolve, reject });
      const text = JSON.stringify([0, lastId, name, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}
