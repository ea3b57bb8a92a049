import { readdirSync, readFileSync, statSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { formatNumber } from "../report.mjs";

const MEBIBYTE = 1_048_576;

/**
 * Describes what a store holds.
 * @param {import("../logs/store.mjs").Store | undefined} store
 * @returns {Promise<string>}
 */
export async function storeFootprint(store) {
  const options = /** @type {any} */ (store?.log.options);
  switch (store?.kind) {
    case "lmdb":
      return lmdb(options.path);
    case "redis":
      return redis(options.url);
    case "nats":
      return nats(options.servers, store.server);
    default:
      return "";
  }
}

/** @param {string} path */
async function lmdb(path) {
  const { open } = await import("lmdb");
  const files = readdirSync(path);
  const size = statSync(join(path, "data.mdb")).size / MEBIBYTE;
  const db = open({ path, noSubdir: false, encoding: "binary", keyEncoding: "binary", readOnly: true });
  const keys = db.getKeysCount();
  await db.close();
  return `${files.length} files, ${formatNumber(size)} MiB, ${formatNumber(keys)} keys`;
}

/** @param {string} url */
async function redis(url) {
  const { createClient } = await import("redis");
  const client = await createClient({ url }).connect();
  const keys = await client.dbSize();
  const memory = Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]) / MEBIBYTE;
  client.destroy();
  return `${formatNumber(keys)} keys, ${formatNumber(memory)} MiB`;
}

/**
 * @param {string} servers
 * @param {import("../../scripts/programs/server-process.mjs").ServerProcess} [server]
 */
async function nats(servers, server) {
  const [{ connect }, { jetstreamManager }] = await Promise.all([
    import("@nats-io/transport-node"),
    import("@nats-io/jetstream"),
  ]);
  const connection = await connect({ servers });
  const { streams, consumers, storage } = await (await jetstreamManager(connection)).getAccountInfo();
  await connection.close();
  const size = formatNumber(storage / MEBIBYTE);
  const counts = `${formatNumber(streams)} streams, ${formatNumber(consumers)} consumers, ${size} MiB`;
  if (server === undefined) return counts;
  const files = readdirSync(server.dataFolder, { recursive: true }).length;
  return [
    counts,
    `${formatNumber(files)} files and folders, ${openFiles(server.pid)} of them open`,
    `${residentMemory(server.pid)} of server memory`,
  ].join(", ");
}

/**
 * Returns the number of files that a process has open, as text.
 * @param {number} [pid]
 */
function openFiles(pid) {
  return platform() === "linux" ? formatNumber(readdirSync(`/proc/${pid}/fd`).length) : "an unknown number";
}

/**
 * Returns the resident memory of a process as text.
 * @param {number} [pid]
 */
function residentMemory(pid) {
  if (platform() !== "linux") return "unknown MiB";
  const kibibytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return `${formatNumber(Number(kibibytes) / 1_024)} MiB`;
}
