import { SluiceError } from "../../../base/errors/sluice-error.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";

/**
 * Identifies what a connection leads to: one run of one process, for as long as it is the primary. A restart, a
 * failover and a failback each change the name. If the connection leads to a replica, this ends the connection and
 * rejects. Calls of one event-loop turn share one answer.
 */
export function runOf(connection: RedisConnection): Promise<string> {
  return connection.askOnce(askForRun);
}

async function askForRun(connection: RedisConnection): Promise<string> {
  const [server, replication] = await Promise.all(
    ["server", "replication"].map(async (section) => String(await connection.send(["INFO", section]))),
  );
  const role = infoField(replication, "role");
  if (role === "slave") {
    const error = new SluiceError("LOG_FAILED", "it is a replica, which accepts no writes: connect to the primary");
    connection.end(error);
    throw error;
  }
  const [process, history] = [infoField(server, "run_id"), infoField(replication, "master_replid")];
  if (process === undefined && history === undefined) {
    const message =
      "INFO returns neither run_id nor master_replid. Without them a restart of Redis cannot be detected.";
    throw new SluiceError("LOG_FAILED", message);
  }
  return `${process}.${history}`;
}

function infoField(info: string | undefined, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S+)`, "m").exec(info ?? "")?.[1];
}
