import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { makeExportsFolder } from "./exports/export-files.ts";
import type { Flags } from "./flags.ts";
import { originOf } from "./origin.ts";
import { exitWithMessage, explainStartFailure } from "./start-failure.ts";
import { certificateOf, SELF_SIGNED } from "./tls/own-certificate.ts";
import { WorkerSupervisor } from "./workers/worker-supervisor.ts";

const SECRET_BYTES = 32;

/** Starts a desk of several workers on one port, and drains them on Ctrl-C. This process serves no requests itself. */
export async function runWorkers(flags: Flags): Promise<void> {
  let address: { readonly address: string; readonly port: number };
  try {
    address = await findAddress(flags);
  } catch (error) {
    return exitWithMessage(explainStartFailure(error, flags));
  }
  const exportsFolder = await makeExportsFolder();
  const certificate = certificateOf(flags);
  const removeExports = () => rmSync(exportsFolder, { recursive: true, force: true });
  const supervisor = new WorkerSupervisor({
    workers: flags.workers,
    task: {
      port: address.port,
      jwtSecret: flags.jwtSecret ?? randomBytes(SECRET_BYTES).toString("hex"),
      exportsFolder,
      startedAt: Date.now(),
      certificate,
    },
    print: (line) => console.log(line),
    onGiveUp: (message) => {
      removeExports();
      console.error(message);
      process.exit(1);
    },
  });

  let stopping = false;
  const stop = async (signal: string) => {
    const again = stopping;
    stopping = true;
    if (again) {
      await supervisor.kill();
      removeExports();
      process.exit(130);
    }
    const workers = `${flags.workers} workers`;
    console.log(`desk stopping (${signal}): ${workers} end their streams. Press Ctrl-C again to exit at once.`);
    await supervisor.stop();
    removeExports();
    console.log("desk stopped");
    // The handles of the exited workers may keep this process alive.
    process.exit();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void stop(signal));

  await supervisor.start();
  if (!stopping) console.log(`desk listening on ${originOf(address, certificate === undefined ? "http" : "https")}`);
  if (!stopping && flags.https === "self-signed") console.log(SELF_SIGNED);
}

/** Resolves to the address for all workers. For port 0 it picks a free port, so that replaced workers get it too. */
async function findAddress({ host, port }: Flags): Promise<{ readonly address: string; readonly port: number }> {
  const server = createServer().listen(port, host);
  await once(server, "listening");
  const address = server.address() as { address: string; port: number };
  server.close();
  await once(server, "close");
  return address;
}
