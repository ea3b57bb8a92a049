import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverPath } from "../../scripts/servers.mjs";
import { startProgram } from "../children.mjs";

const START_TIMEOUT_MS = 20_000;
const ASK_EVERY_MS = 20;

/** The logs that several processes share, by what keeps them. */
export const KINDS = /** @type {const} */ (["lmdb", "redis", "nats"]);

/** @typedef {(typeof KINDS)[number]} Kind */

/**
 * What a program needs to open a log: `openLog` of open-log.mjs makes one of it.
 * @typedef {{ kind: Kind, options: Record<string, unknown> }} LogSettings
 */

/**
 * A new, empty place for events, which ends with `stop`.
 * @typedef {{ kind: Kind, log: LogSettings, stop: () => Promise<void> }} Store
 */

/**
 * The servers as one would run them: Redis writes its file once a second, JetStream when it sees fit. What their answer promises is in
 * docs/logs.md; the bare loops get the same servers.
 */
const SERVERS = {
  redis: {
    program: "redis-server",
    args: (/** @type {number} */ port, /** @type {string} */ folder) => [
      ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder],
      ...["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"],
    ],
    // A greeting of its own has only NATS.
    question: "PING\r\n",
    answer: "+PONG",
    options: (/** @type {number} */ port) => ({ url: `redis://127.0.0.1:${port}` }),
  },
  nats: {
    program: "nats-server",
    args: (/** @type {number} */ port, /** @type {string} */ folder) => [
      ...["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", folder],
    ],
    question: "",
    answer: "INFO",
    options: (/** @type {number} */ port) => ({ servers: `nats://127.0.0.1:${port}` }),
  },
};

/** Those that are there now. @type {Set<string>} */
const folders = new Set();

// Also of a scenario that failed; what ran in them is killed by then.
process.on("exit", () => folders.forEach(remove));

/** The kinds that can run on this machine; says which cannot. */
export function availableKinds() {
  return KINDS.filter((kind) => {
    if (kind === "lmdb" || serverPath(SERVERS[kind].program) !== undefined) return true;
    console.log(`${SERVERS[kind].program} is not on this machine: the figures of ${kind} are left out.`);
    return false;
  });
}

/**
 * @param {Kind} kind
 * @returns {Promise<Store>}
 */
export async function startStore(kind) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  folders.add(folder);
  const forget = async () => remove(folder);
  if (kind === "lmdb") return { kind, log: { kind, options: { path: folder } }, stop: forget };
  const { program, args, question, answer, options } = SERVERS[kind];
  const port = await freePort();
  const server = startProgram(/** @type {string} */ (serverPath(program)), args(port, folder));
  const stop = async () => {
    await server.stop();
    await forget();
  };
  const end = performance.now() + START_TIMEOUT_MS;
  while (!(await ask(port, question)).startsWith(answer)) {
    if (!server.hasEnded() && performance.now() < end) continue;
    await stop();
    throw new Error(`${program} did not start: ${server.said()}`);
  }
  return { kind, log: { kind, options: options(port) }, stop };
}

/** @param {string} folder */
function remove(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  folders.delete(folder);
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * What a server answers, or greets with; `""`, a little later, when it does not.
 * @param {number} port
 * @param {string} question
 * @returns {Promise<string>}
 */
function ask(port, question) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(question));
    const answered = (text = "") => {
      socket.destroy();
      resolve(text);
    };
    socket.once("data", (bytes) => answered(bytes.toString()));
    socket.once("error", () => setTimeout(answered, ASK_EVERY_MS));
    socket.setTimeout(1_000, answered);
  });
}
