import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programPath } from "../../scripts/programs.mjs";
import { freePort, Running } from "./running.mjs";

export const KINDS = ["redis", "nats", "lmdb"];

/**
 * Where the events are: in a folder, with a server on it, or for LMDB without.
 * @typedef {{ where: string, server: Running | undefined, remove: () => void }} Store
 */

/** The first that is there. */
export function installedKind() {
  if (programPath("redis-server") !== undefined) return "redis";
  if (programPath("nats-server") !== undefined) return "nats";
  throw new Error(
    "Neither redis-server nor nats-server is on this machine. Install one (Debian: apt-get install redis-server, or nats-server), " +
      "or run it with --log lmdb, which needs none.",
  );
}

/**
 * @param {string} kind
 * @returns {Promise<Store>}
 */
export async function startStore(kind) {
  const program = `${kind}-server`;
  const command = kind === "lmdb" ? "" : programPath(program);
  if (command === undefined) {
    throw new Error(
      `${program} is not on this machine. Install it (Debian: apt-get install ${program}), or choose another --log.`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "sluice-cluster-"));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  if (kind === "lmdb") return { where: `lmdb:${folder}`, server: undefined, remove };
  const port = await freePort();
  const server = new Running(
    program,
    port,
    command,
    kind === "redis" ? redisArgs(port, folder) : natsArgs(port, folder),
  );
  await server.start().catch(async (error) => {
    await server.kill();
    remove();
    throw error;
  });
  return { where: `${kind}://127.0.0.1:${port}`, server, remove };
}

/**
 * With `appendfsync always` each event is on disk before it is acknowledged.
 * @param {number} port
 * @param {string} folder
 */
function redisArgs(port, folder) {
  const place = ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder];
  return [...place, "--save", "", "--appendonly", "yes", "--appendfsync", "always"];
}

/**
 * What NATS acknowledges is with the operating system: it outlives the process, not the machine (see docs/logs.md).
 * @param {number} port
 * @param {string} folder
 */
function natsArgs(port, folder) {
  return ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", folder, "-l", join(folder, "nats.log")];
}
