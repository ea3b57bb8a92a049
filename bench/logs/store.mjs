import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programPath } from "../../scripts/programs.mjs";
import { NATS, REDIS, ServerProcess } from "../../scripts/server-process.mjs";
import { pinned } from "../pin.mjs";

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
    program: REDIS,
    args: ["--appendonly", "yes", "--appendfsync", "everysec"],
    options: (/** @type {string} */ url) => ({ url }),
  },
  nats: { program: NATS, args: [], options: (/** @type {string} */ servers) => ({ servers }) },
};

/** Those that are there now. @type {Set<string>} */
const folders = new Set();

// Also of a scenario that failed; what ran in them is killed by then.
process.on("exit", () => folders.forEach(remove));

/** The kinds that can run on this machine; says which cannot. */
export function availableKinds() {
  return KINDS.filter((kind) => {
    if (kind === "lmdb" || programPath(SERVERS[kind].program.name) !== undefined) return true;
    console.log(`${SERVERS[kind].program.name} is not on this machine: the figures of ${kind} are left out.`);
    return false;
  });
}

/**
 * @param {Kind} kind
 * @returns {Promise<Store>}
 */
export async function startStore(kind) {
  if (kind === "lmdb") return lmdbStore();
  const { program, args, options } = SERVERS[kind];
  const wrap = (/** @type {string} */ command, /** @type {readonly string[]} */ all) => pinned("load", command, all);
  const server = await ServerProcess.start(program, { args, wrap });
  return { kind, log: { kind, options: options(server.url) }, stop: () => server.stop() };
}

/** @returns {Store} */
function lmdbStore() {
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
