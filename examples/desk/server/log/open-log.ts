import { type Log, memoryLog } from "sluice";
import type { LogChoice } from "./log-choice.ts";

/** Makes the chosen log. Loads only the package of that log. The log connects when its first channel is opened. */
export async function openLog(choice: LogChoice): Promise<Log> {
  switch (choice.kind) {
    case "memory":
      return memoryLog();
    case "lmdb":
      return (await import("sluice/lmdb")).lmdbLog({ path: choice.path });
    case "redis":
      return (await import("sluice/redis")).redisLog({ url: choice.url });
    case "nats":
      return (await import("sluice/nats")).natsLog({ servers: [...choice.servers] });
  }
}
