import { programPath } from "../../../../../scripts/programs/programs.mjs";
import { REDIS, ServerProcess } from "../../../../../scripts/programs/server-process.mjs";

export { DURABLE } from "../../../../../scripts/programs/server-process.mjs";

/** A redis-server, started by a test. */
export type RedisServer = ServerProcess;

/** The path of redis-server; `undefined` if this machine has none. */
export const REDIS_SERVER: string | undefined = programPath(REDIS.name);

/** Starts a redis-server. By default it keeps nothing on disk. */
export function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  return ServerProcess.start(REDIS, { args });
}
