import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programPath } from "../../scripts/programs/programs.mjs";
import { NATS, REDIS, ServerProcess } from "../../scripts/programs/server-process.mjs";
import { pinProgram } from "../processes/pin.mjs";

/** The logs that several processes can share. */
export const KINDS = /** @type {const} */ (["lmdb", "redis", "nats"]);

/** @typedef {(typeof KINDS)[number]} Kind */

/**
 * Settings that a program passes to `openLog`.
 * @typedef {{ kind: Kind, options: Record<string, unknown> }} LogSettings
 */

/**
 * A new, empty store for one log: an LMDB folder, a redis-server or a nats-server.
 * @typedef {{ kind: Kind, log: LogSettings, server?: ServerProcess, stop: () => Promise<void> }} Store
 */

/**
 * Both servers run as in production: Redis syncs its file once a second, JetStream on its own schedule. docs/logs.md
 * states what their acknowledgements promise. The bare loops use the same servers.
 */
const SERVERS = {
  redis: {
    program: REDIS,
    args: ["--appendonly", "yes", "--appendfsync", "everysec"],
    options: (/** @type {string} */ url) => ({ url }),
  },
  nats: { program: NATS, args: [], options: (/** @type {string} */ servers) => ({ servers }) },
};

/** The LMDB folders that exist now. @type {Set<string>} */
const folders = new Set();

// Also removes the folders of a scenario that failed. The processes that used them are dead by then.
process.on("exit", () => folders.forEach(remove));

/** Returns the kinds that can run on this machine, and prints a line per missing server. */
export function availableKinds() {
  return KINDS.filter((kind) => {
    if (kind === "lmdb" || programPath(SERVERS[kind].program.name) !== undefined) return true;
    console.log(`${SERVERS[kind].program.name} is not installed: the figures of ${kind} are left out.`);
    return false;
  });
}

/**
 * Starts a store.
 * @param {Kind} kind
 * @returns {Promise<Store>}
 */
export async function startStore(kind) {
  if (kind === "lmdb") return startLmdbStore();
  const { program, args, options } = SERVERS[kind];
  const wrap = (/** @type {string} */ command, /** @type {readonly string[]} */ all) =>
    pinProgram("load", command, all);
  const server = await ServerProcess.start(program, { args, wrap });
  return { kind, log: { kind, options: options(server.url) }, server, stop: () => server.stop() };
}

/** @returns {Store} */
function startLmdbStore() {
  const kind = "lmdb";
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  folders.add(folder);
  return { kind, log: { kind, options: { path: folder } }, stop: async () => remove(folder) };
}

/** @param {string} folder */
function remove(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  folders.delete(folder);
}
