import cluster from "node:cluster";
import { FlagError, type Flags, readFlags, USAGE } from "./flags.ts";
import { exitWithMessage } from "./start-failure.ts";

/** Runs the desk. Loads only what this process needs: with several workers, the primary process serves no requests. */
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
  exitWithMessage(`${error.message}\n\n${USAGE}`);
}
