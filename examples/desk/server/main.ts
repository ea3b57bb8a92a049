import cluster from "node:cluster";
import { FlagError, type Flags, readFlags, USAGE } from "./flags.ts";
import { fail } from "./start-failure.ts";

/** Only what this process needs is loaded: the primary process of several serves nobody. */
async function main(flags: Flags): Promise<void> {
  if (cluster.isWorker) return (await import("./run-desk.ts")).runWorker(flags);
  if (flags.workers > 1) return (await import("./run-workers.ts")).runWorkers(flags);
  return (await import("./run-desk.ts")).runDesk(flags);
}

try {
  const flags = readFlags(process.argv.slice(2), process.env);
  if (flags === "help") console.log(USAGE);
  else await main(flags);
} catch (error) {
  if (!(error instanceof FlagError)) throw error;
  fail(`${error.message}\n\n${USAGE}`);
}
