import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programPath } from "../../scripts/programs/programs.mjs";
import { freePort, RestartableProcess } from "./restartable-process.mjs";

/** The kinds of log that the nodes can share. */
export const KINDS = ["redis", "nats", "lmdb"];

/**
 * A log in a temporary folder. `server` is the program that keeps it; LMDB has none, because the nodes open the folder
 * themselves. `remove` deletes the folder.
 * @typedef {{ address: string, server: RestartableProcess | undefined, remove: () => void }} StartedLog
 */

/** Returns the kind of the first server that is installed: redis, then nats. Throws if there is none. */
export function installedKind() {
  if (programPath("redis-server") !== undefined) return "redis";
  if (programPath("nats-server") !== undefined) return "nats";
  throw new Error(
    "Neither redis-server nor nats-server is installed. Install one (Debian: apt-get install redis-server or " +
      "nats-server), or use --log lmdb, which needs no server.",
  );
}

/**
 * Makes a log and starts its server. Rejects if the server is not installed or does not start.
 * @param {string} kind
 * @returns {Promise<StartedLog>}
 */
export async function startLog(kind) {
  const program = `${kind}-server`;
  const command = kind === "lmdb" ? "" : programPath(program);
  if (command === undefined) {
    throw new Error(
      `${program} is not installed. Install it (Debian: apt-get install ${program}), or choose another --log.`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "sluice-cluster-"));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  if (kind === "lmdb") return { address: `lmdb:${folder}`, server: undefined, remove };
  const port = await freePort();
  const args = kind === "redis" ? redisArgs(port, folder) : natsArgs(port, folder);
  const server = new RestartableProcess(program, port, command, args);
  await server.start().catch(async (error) => {
    await server.kill();
    remove();
    throw error;
  });
  return { address: `${kind}://127.0.0.1:${port}`, server, remove };
}

/**
 * With `appendfsync always`, Redis writes each event to disk before it acknowledges the event.
 * @param {number} port
 * @param {string} folder
 */
function redisArgs(port, folder) {
  const listen = ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder];
  return [...listen, "--save", "", "--appendonly", "yes", "--appendfsync", "always"];
}

/**
 * NATS acknowledges an event when the operating system has it. So the event survives if the process is
 * killed, but not if the machine crashes (see docs/logs.md).
 * @param {number} port
 * @param {string} folder
 */
function natsArgs(port, folder) {
  return ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", folder, "-l", join(folder, "nats.log")];
}
