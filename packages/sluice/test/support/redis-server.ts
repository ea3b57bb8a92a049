import { programPath } from "../../../../scripts/programs.mjs";
import { REDIS, ServerProcess } from "../../../../scripts/server-process.mjs";

export { DURABLE } from "../../../../scripts/server-process.mjs";

/** A redis-server of the test's own. */
export type RedisServer = ServerProcess;

/** The path of redis-server, where there is one on this machine. */
export const REDIS_SERVER: string | undefined = programPath(REDIS.name);

/** Starts one that keeps nothing on disk, unless the arguments say otherwise. */
export function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  return ServerProcess.start(REDIS, { args });
}
