import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { makeExportsFolder } from "./exports/export-files.ts";
import type { Flags } from "./flags.ts";
import { originOf } from "./origin.ts";
import { explain, fail } from "./start-failure.ts";
import { Crew } from "./workers/crew.ts";

const SECRET_BYTES = 32;

/** Starts a desk of several processes on one port, and stops them all in good order. This process serves nobody itself. */
export async function runWorkers(flags: Flags): Promise<void> {
  let address: { readonly address: string; readonly port: number };
  try {
    address = await findAddress(flags);
  } catch (error) {
    return fail(explain(error, flags));
  }
  const exportsFolder = await makeExportsFolder();
  const removeExports = () => rmSync(exportsFolder, { recursive: true, force: true });
  const crew = new Crew({
    workers: flags.workers,
    task: {
      port: address.port,
      jwtSecret: flags.jwtSecret ?? randomBytes(SECRET_BYTES).toString("hex"),
      exportsFolder,
      startedAt: Date.now(),
    },
    say: (line) => console.log(line),
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
      await crew.kill();
      removeExports();
      process.exit(130);
    }
    console.log(
      `desk stopping (${signal}): ${flags.workers} workers end their streams, press Ctrl-C again to end at once`,
    );
    await crew.stop();
    removeExports();
    console.log("desk stopped");
    // The handles of those that are gone may keep this process.
    process.exit();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void stop(signal));

  await crew.start();
  if (!stopping) console.log(`desk listening on ${originOf(address)}`);
}

/** The address that the workers are to listen on: with port 0 a free one, which every later worker gets as well. */
async function findAddress({ host, port }: Flags): Promise<{ readonly address: string; readonly port: number }> {
  const server = createServer().listen(port, host);
  await once(server, "listening");
  const address = server.address() as { address: string; port: number };
  server.close();
  await once(server, "close");
  return address;
}
