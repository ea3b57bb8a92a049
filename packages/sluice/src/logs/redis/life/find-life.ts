import { SluiceError } from "../../../base/sluice-error.ts";
import { currentLife, type Life, parseLife, type Seen } from "../../shared/life.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";

/** The keys of a channel: its stream, its hash, and its own IDs. They share a hash tag, so they are never apart. */
export type ChannelKeys = readonly [log: string, meta: string, ids: string];

/** A channel's name is encoded, so no character of it can end the tag. */
export function channelKeys(prefix: string, channel: string): ChannelKeys {
  const name = `${prefix}{${encodeURIComponent(channel)}}`;
  return [`${name}:log`, `${name}:meta`, `${name}:ids`];
}

/**
 * Names what a connection leads to: one run of one process, for as long as it is the primary. After a restart, a failover or a failback it is
 * another one. Rejects, and ends the connection, where it leads to a replica.
 */
export async function runOf(connection: RedisConnection): Promise<string> {
  const [server, replication] = await Promise.all(
    ["server", "replication"].map(async (section) => String(await connection.send(["INFO", section]))),
  );
  const role = infoField(replication, "role");
  if (role === "slave") {
    const error = new SluiceError("LOG_FAILED", "it is a replica, which cannot be written to: connect to the primary");
    connection.end(error);
    throw error;
  }
  const [process, history] = [infoField(server, "run_id"), infoField(replication, "master_replid")];
  if (process === undefined && history === undefined) {
    const message = "INFO tells neither run_id nor master_replid, without which a restart cannot be recognised";
    throw new SluiceError("LOG_FAILED", message);
  }
  return `${process}.${history}`;
}

function infoField(info: string | undefined, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S+)`, "m").exec(info ?? "")?.[1];
}

/** A life, and the ends of the log at that moment. */
export interface FoundLife {
  readonly life: Life;
  readonly first: number;
  readonly last: number;
}

/** Others may begin a life at the same moment; whoever is first is right. More than a few times in a row means that something is broken. */
const MAX_TRIES = 10;

/**
 * The life that a channel's log is in within the run `run`; begins one where it is new there, or where less is left than this process had `seen`
 * when it called.
 */
export async function findLife(
  connection: RedisConnection,
  keys: ChannelKeys,
  run: string,
  seen: Seen | undefined,
): Promise<FoundLife> {
  let [first, last, text] = (await connection.run("look", keys, [""])) as [number, number, string];
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const known = parseLife(text);
    const life = currentLife({ run, first, last }, known, seen);
    if (life === known) return { life, first, last };
    const args = [text, JSON.stringify(life), life.epoch];
    [first, last, text] = (await connection.run("begin", keys, args)) as [number, number, string];
  }
  throw new SluiceError(
    "LOG_FAILED",
    `The life of ${keys[1]} keeps changing: is more than one Redis behind one address?`,
  );
}
